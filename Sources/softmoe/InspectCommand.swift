import ArgumentParser
import PlainText

/// `softmoe inspect`: what is in a checkpoint, for people or as JSON.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Show a checkpoint's configuration, layers, tensors and labels.")

  @Argument(help: "The .smoe checkpoint.") var model: String
  @Flag(help: "The same as JSON.") var json = false

  func run() throws {
    let inspection = try ModelInspection(path: model)
    if json {
      print(try encodedJSON(inspection))
    } else {
      try show(inspection)
    }
  }

  private func show(_ model: ModelInspection) throws {
    print("\(model.name), weights \(model.weights)")
    print(
      "format version \(model.formatVersion), \(megabytes(model.bytes)), \(model.parameters) parameters, "
        + (model.hasProof ? "with a self-proof" : "without a self-proof"))
    print("\nconfiguration \(try encodedJSON(model.configuration))")
    print("\npreprocessing \(try encodedJSON(model.preprocessing))")
    print("\nlabels (\(model.labels.count)): \(Self.abridged(model.labels))")
    if !model.provenance.isEmpty { print("\nprovenance \(try encodedJSON(model.provenance))") }
    print("\nblocks")
    printText(
      table(
        ["block", "feedforward", "parameters", "size"],
        model.blocks.map { ["\($0.block)", $0.feedforward, "\($0.parameters)", megabytes($0.bytes)] }))
    print("\ntensors")
    printText(
      table(
        ["name", "type", "shape", "bytes"],
        model.tensors.map {
          [$0.name, $0.type, $0.shape.map(String.init).joined(separator: " × "), "\($0.bytes)"]
        }))
  }

  private static func abridged(_ labels: [String]) -> String {
    labels.prefix(20).joined(separator: ", ") + (labels.count > 20 ? ", …" : "")
  }
}
