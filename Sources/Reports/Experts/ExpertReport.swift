import SoftMoEViT

/// An `ExpertStudy` as a page of figures that needs nothing else: no script, no other file, no network.
package struct ExpertReport {
  /// A figure: a chart of each layer, and what it shows.
  struct Section {
    let title: String
    /// What the figure shows and how to read it.
    let explanation: String
    /// What the colours mean.
    var legend = ""
    let charts: [Chart]
  }

  /// One layer's chart.
  struct Chart {
    let layer: Int
    let svg: String
    /// What there is to see in it.
    let finding: String
    /// Whether it takes the page's width.
    var isWide = false
  }

  package let html: String

  /// - Parameter version: of the software, which the page names.
  package init(_ study: ExpertStudy, version: String) {
    let sections =
      [Self.importance(study)] + Self.routing(study)
      + [Self.contribution(study), Self.position(study), Self.classes(study)]
    let title = "What the experts of \(study.model) do"
    let source = study.isByFolder ? "the folders that they lie in" : "what the model takes them for"
    html = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width"/>
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
      <title>\(escaped(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <header>
      <h1>\(escaped(title))</h1>
      <p class="quiet">Weights \(study.weights) · \(study.imageCount) image\(study.imageCount == 1 ? "" : "s")
      of \(study.classes.count) class\(study.classes.count == 1 ? "" : "es"), told by \(source)</p>
      <p class="lead">\(Self.lead(study.router))</p>
      </header>
      <main>
      \(Self.table(StudySummary(study)))
      \(sections.map(Self.markup).joined(separator: "\n"))
      </main>
      <footer class="quiet">Made by softmoe \(version). \(Self.source(study.router))</footer>
      </body>
      </html>

      """
  }

  /// What the router's kind has figures for.
  private static func routing(_ study: ExpertStudy) -> [Section] {
    switch study.router {
    case .soft: [effectiveTokens(study), largestDispatch(study)]
    case .tokensChoice: [takenTokens(study), droppedTokens(study)]
    case .expertsChoice: [takenTokens(study)]
    }
  }

  private static func lead(_ router: RouterKind) -> String {
    switch router {
    case .soft:
      """
      A Soft MoE layer mixes all of an image's tokens into slots by <em>dispatch</em> weights, each
      expert works on its own slots, and each token gets back a mix of all slots by <em>combine</em> weights. Nothing
      is dropped and nothing is assigned: what an expert does is told by these weights alone.
      """
    case .tokensChoice:
      """
      Each token chooses the experts that it scores highest. An expert has room for so many tokens of an image: who
      finds none is dropped there. A token gets back the results of those that took it, each times its <em>gate</em>.
      """
    case .expertsChoice:
      """
      Each expert takes the tokens that score it highest, as many as it has room for. A token may meet several experts
      or none, and gets back the results of those that took it, each times its <em>gate</em>.
      """
    }
  }

  private static func source(_ router: RouterKind) -> String {
    switch router {
    case .soft:
      "The figures are those of\nFrom Sparse to Soft Mixtures of Experts, arXiv 2308.00951."
    case .tokensChoice: "The router is Tokens Choice, arXiv 2106.05974."
    case .expertsChoice: "The router is Experts Choice, arXiv 2202.09368."
    }
  }

  private static func table(_ summary: StudySummary) -> String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>" + cells.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>"
    }
    let meanings = summary.columns.map { "<dt>\(escaped($0.name))</dt><dd>\(escaped($0.meaning))</dd>" }
    return """
      <section>
      <h2>At a glance</h2>
      <div class="plot"><table>
      <thead>\(row(summary.columns.map(\.name), "th"))</thead>
      <tbody>\(summary.rows.map { row($0, "td") }.joined(separator: "\n"))</tbody>
      </table></div>
      <details><summary>What the columns mean</summary><dl>\(meanings.joined(separator: "\n"))</dl></details>
      </section>
      """
  }

  private static func markup(_ section: Section) -> String {
    let charts = section.charts.map { chart in
      """
      <figure\(chart.isWide ? " class=\"wide\"" : "")>
      <h3>Layer \(chart.layer)</h3>
      <div class="plot">\(chart.svg)</div>
      <figcaption>\(escaped(chart.finding).replacing(" %", with: "\u{A0}%"))</figcaption>
      </figure>
      """
    }
    return """
      <section>
      <h2>\(escaped(section.title))</h2>
      <div class="charts">
      \(charts.joined(separator: "\n"))
      </div>
      <div class="legend">\(section.legend)</div>
      <p class="explanation">\(escaped(section.explanation))</p>
      </section>
      """
  }
}
