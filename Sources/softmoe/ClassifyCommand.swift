import ArgumentParser
import FoundationEssentials
import ImageInput
import Inference
import PlainText

/// `softmoe classify`: image files → classes, without a server.
struct ClassifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify", abstract: "Classify image files without a server.")

  @Option(help: "The .smoe checkpoint (or the environment's SOFTMOE_MODEL).") var model: String
  @Option(help: "How many classes to name.") var topK = 5
  @Option(help: "exact or fast, as for serve.") var decode: DecodeMode = .exact
  @Flag(help: "One line of JSON an image, as the server answers.") var json = false
  @Argument(help: "JPEG, PNG or WebP files.") var images: [String]

  func run() throws {
    let classifier = try FileClassifier(model: model, decode: decode)
    try classifier.requireClasses()
    let served = classifier.model
    guard (1...served.labels.count).contains(topK) else {
      throw ValidationError("--top-k: expected 1 to \(served.labels.count), found \(topK)")
    }
    var failures = 0
    for (path, result) in zip(images, classifier.classify(images)) {
      switch result {
      case .success(let logits):
        let predictions = Prediction.top(topK, logits: logits, labels: served.labels)
        print(try line(path, served.name, predictions))
      case .failure(let error):
        failures += 1
        printError("\(path): \(error)")
      }
    }
    if failures > 0 { throw ExitCode.failure }
  }

  /// As the server answers.
  private struct Answer: Encodable {
    let model: String
    let predictions: [Prediction]
  }

  private func line(_ path: String, _ model: String, _ predictions: [Prediction]) throws -> String {
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return String(
        decoding: try encoder.encode(Answer(model: model, predictions: predictions)), as: UTF8.self)
    }
    let classes = predictions.map { "\($0.label) \(percent(Double($0.probability)))" }
    return "\(path): " + classes.joined(separator: ", ")
  }
}
