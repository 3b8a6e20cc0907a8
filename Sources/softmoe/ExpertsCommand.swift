import ArgumentParser
import ImageInput
import PlainText
import Reports

/// `softmoe experts`: what a model's experts do with given images, as numbers and as a page of figures.
struct ExpertsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experts",
    abstract: "Show how a model's experts, slots and tokens work together on the images of a folder.",
    discussion: """
      The figures are those of the Soft MoE paper (arXiv 2308.00951): expert importance, tokens a slot, token \
      contribution; and each expert's share class by class. Of a model whose router chooses they are tokens an \
      expert and what was dropped instead of slots. Classes are the folders DIR/LABEL that hold the \
      images; without such folders what the model takes each image for.

      --json: model, weights, images, classes_by (folder or prediction), classes (label, images), and layers, \
      each with its sizes, grid, usage (as /v1/experts/{layer} names it) and expert_mass_by_class \
      [class][expert].
      """)

  @Argument(help: "The .smoe checkpoint.") var model: String
  @Option(help: "A folder of JPEG, PNG or WebP images, with folders of them or without.") var images: String
  @Option(help: "Write the figures to this HTML file.") var report: String?
  @Flag(help: "The numbers as JSON.") var json = false
  @Option(help: "exact or fast, as for serve.") var decode: DecodeMode = .exact

  func run() throws {
    let folder = try ImageFolder(images)
    let (study, failureCount) = try ExpertStudy.run(FileClassifier(model: model, decode: decode), folder)
    if let report { try writeFile(ExpertReport(study, version: softmoeVersion).html, to: report) }
    if json { print(try encodedJSON(StudyResponse(study))) } else { show(study) }
    if failureCount > 0 { throw ExitCode.failure }
  }

  private func show(_ study: ExpertStudy) {
    print("\(study.model), weights \(study.weights), \(study.imageCount) images")
    let summary = StudySummary(study)
    printText(table(summary.columns.map(\.name), summary.rows))
    if let report { print("\(report): the figures") }
  }
}
