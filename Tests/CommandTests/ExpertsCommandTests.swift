import Checkpoint
import Foundation
import FoundationXML
import ImageInput
import TestSupport
import Testing

/// `softmoe experts`: its numbers are those of the traced routing weights, its page needs nothing else.
@Suite struct ExpertsCommandTests {
  private let names = ["a/0.jpg", "a/1.png", "a/deep/2.jpg", "b/3.webp", "b/4.JPG", "b/5.jpeg"]

  private struct Study: Decodable {
    struct Class: Decodable, Equatable {
      let label: String
      let images: Int
    }

    struct Layer: Decodable {
      struct Usage: Decodable {
        struct Contribution: Decodable {
          let counts: [Int]
          let byPosition: [Double]
        }

        let images: Int
        let effectiveExperts, gini, maxOverMean: Double
        let expertMass, slotMass, slotEffectiveTokens, slotLargestDispatch: [Double]
        let tokenContribution: Contribution
      }

      let layer, expertCount, slotsPerExpert, tokenCount: Int
      let usage: Usage
      let expertMassByClass: [[Double]]
    }

    let model, classesBy: String
    let images: Int
    let classes: [Class]
    let layers: [Layer]
  }

  private func study(_ folder: String) throws -> Study {
    let json = try Command.succeed(["experts", ImageFixtures.model, "--images", folder, "--json"])
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Study.self, from: Data(json.utf8))
  }

  /// Dispatch and combine weights of the folder's images, traced.
  private func traced(_ folder: String) throws -> ExpectedValues {
    let preprocessing: Preprocessing = try Checkpoint(path: ImageFixtures.model).section(.preprocessing)
    let decoder = try ImageDecoder(preprocessing: preprocessing)
    let planes = try names.flatMap { name in
      let pixels = try decoder.tensor(from: [UInt8](Data(contentsOf: URL(filePath: "\(folder)/\(name)"))))
      return (0..<3).flatMap { channel in stride(from: channel, to: pixels.count, by: 3).map { pixels[$0] } }
    }
    let shape = [names.count, 3, preprocessing.cropHeight, preprocessing.cropWidth]
    return try traceModel(ImageFixtures.model, ExpectedValues.Values(shape: shape, elements: planes))
  }

  private func expectEqual(_ found: [Double], _ expected: [Double], _ what: Comment) {
    #expect(found.count == expected.count, what)
    for (found, expected) in zip(found, expected) {
      #expect(abs(found - expected) < 1e-5 * max(1, abs(expected)), what)
    }
  }

  @Test func numbersAreThoseOfTheTracedWeights() throws {
    try ImageFixtures.withFolder(names) { folder in
      let (study, trace) = (try study(folder), try traced(folder))
      #expect(study.images == 6 && study.classesBy == "folder")
      #expect(study.classes == [Study.Class(label: "a", images: 3), Study.Class(label: "b", images: 3)])
      #expect(study.layers.map(\.layer) == [3, 4, 5])
      for layer in study.layers {
        let (usage, slots) = (layer.usage, layer.slotsPerExpert)
        func weights(_ kind: String) throws -> [[[Double]]] {
          try (0..<6).map { try trace.routingWeights(kind, layer: layer.layer, image: $0) }
        }
        let (combine, dispatch) = (try weights("combine"), try weights("dispatch"))
        let masses = combine.map(mean)
        func expertMass(_ images: Range<Int>) -> [Double] {
          let slotMass = mean(Array(masses[images]))
          return stride(from: 0, to: slotMass.count, by: slots).map { slotMass[$0..<$0 + slots].reduce(0, +) }
        }
        expectEqual(usage.slotMass, mean(masses), "slot mass")
        expectEqual(usage.expertMass, expertMass(0..<6), "expert mass")
        expectEqual(layer.expertMassByClass[0], expertMass(0..<3), "of class a")
        expectEqual(layer.expertMassByClass[1], expertMass(3..<6), "of class b")
        #expect(abs(usage.expertMass.reduce(0, +) - 1) < 1e-6)
        let effective = dispatch.map { image in
          columns(image).map { exp(-$0.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 }) }
        }
        expectEqual(usage.slotEffectiveTokens, mean(effective), "effective tokens")
        let largest = dispatch.map { image in columns(image).map { $0.max() ?? 0 } }
        expectEqual(usage.slotLargestDispatch, mean(largest), "largest dispatch")
        let contribution = dispatch.map { image in
          image.map { $0.reduce(0, +) * Double(layer.tokenCount) / Double($0.count) }
        }
        expectEqual(usage.tokenContribution.byPosition, mean(contribution), "contribution")
        #expect(usage.tokenContribution.counts.reduce(0, +) == 6 * layer.tokenCount)
      }
    }
  }

  @Test func withoutFoldersClassesAreWhatTheModelSees() throws {
    try ImageFixtures.withFolder(["0.jpg", "1.png", "2.jpg", "folder/3.webp"]) { folder in
      let study = try study(folder)
      #expect(study.classesBy == "prediction" && study.classes.map(\.images).reduce(0, +) == 4)
      // The first is a cat, and the model knows it.
      #expect(study.classes.contains { $0.label == "cat" })
    }
  }

  @Test func theReportIsOneSoundPageOfItsOwn() throws {
    try ImageFixtures.withFolder(names.map { $0.replacingOccurrences(of: "b/", with: "<b> & \"co\"/") }) {
      folder in
      let path = folder + "/report.html"
      let output = try Command.succeed([
        "experts", ImageFixtures.model, "--images", folder, "--report", path,
      ])
      #expect(output.contains("effective experts") && output.contains("6 images"))
      let page = try Data(contentsOf: URL(filePath: path))
      let outline = Outline()
      let parser = XMLParser(data: page)
      parser.delegate = outline
      #expect(parser.parse(), "\(String(describing: parser.parserError)) at line \(parser.lineNumber)")
      for heading in [
        "Expert importance", "Tokens per slot", "Largest dispatch weight of a slot", "Token contribution",
        "Token contribution by place", "Which expert for which class",
      ] { #expect(outline.headings.contains(heading)) }
      // Six figures of three layers, and two legends.
      #expect(outline.drawings == 20 && outline.figures == 18 && outline.namelessDrawings == 0)
      #expect(outline.elements.isDisjoint(with: ["script", "link", "img", "iframe", "image", "use"]))
      #expect(outline.attributes.isDisjoint(with: ["src", "href", "xlink:href", "onload", "onclick"]))
      let text = String(decoding: page, as: UTF8.self)
      #expect(!text.contains("://") && !text.contains("url(") && !text.contains("@import"))
      #expect(text.contains("&lt;b> &amp; \"co\""))
    }
  }

  @Test func whatCannotBeReadIsNamedAndLeftOut() throws {
    try ImageFixtures.withFolder(["0.jpg", "1.png"]) { folder in
      try Data("no image".utf8).write(to: URL(filePath: folder + "/bad.png"))
      let outcome = try Command.run("experts", ImageFixtures.model, "--images", folder)
      #expect(outcome.status == 1 && outcome.errors.contains("\(folder)/bad.png: "))
      #expect(outcome.output.contains("2 images"))
    }
  }

  @Test func whatIsMissingIsSaid() throws {
    let nowhere = try Command.run("experts", ImageFixtures.model, "--images", "/nowhere")
    #expect(
      nowhere.status == 1 && nowhere.errors.contains("expected a folder of images, can't read '/nowhere'"))
    try ImageFixtures.withFolder([]) { folder in
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let empty = try Command.run("experts", ImageFixtures.model, "--images", folder)
      #expect(empty.status == 1 && empty.errors.contains("expected at least 1 JPEG, PNG or WebP image in"))
    }
    try withTemporaryFile("dense.smoe") { dense in
      let source = packageRoot.appending(path: "Tests/CommandTests/Fixtures/dense_timm.safetensors").path
      try Command.succeed(["import", source, "--output", dense, "--heads", "2"])
      try ImageFixtures.withFolder(["0.jpg"]) { folder in
        let outcome = try Command.run("experts", dense, "--images", folder)
        #expect(outcome.status == 1 && outcome.errors.contains("expected a model with experts"))
      }
    }
  }
}

/// What a page is made of.
private final class Outline: NSObject, XMLParserDelegate {
  var elements: Set<String> = []
  var attributes: Set<String> = []
  var headings: [String] = []
  var (figures, drawings, namelessDrawings) = (0, 0, 0)
  private var path: [String] = []
  private var text = ""
  private var namesOfDrawing: Set<String> = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    elements.insert(name)
    self.attributes.formUnion(attributes.keys)
    path.append(name)
    text = ""
    if name == "figure" { figures += 1 }
    if name == "svg" {
      drawings += 1
      namesOfDrawing = attributes["role"] == "img" ? ["role"] : []
    }
  }

  func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
    if name == "h2" { headings.append(text) }
    if path.last == "svg", !text.isEmpty { namesOfDrawing.insert(name) }
    if name == "svg", !namesOfDrawing.isSuperset(of: ["role", "title", "desc"]) { namelessDrawings += 1 }
  }
}
