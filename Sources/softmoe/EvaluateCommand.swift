import ArgumentParser
import ImageInput
import PlainText

/// `softmoe evaluate`: accuracy on a folder of labelled images.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a checkpoint's accuracy on DIRECTORY/LABEL/*.{jpg,jpeg,png,webp}.")

  @Option(help: "The .smoe checkpoint (or the environment's SOFTMOE_MODEL).") var model: String
  @Option(help: "exact or fast, as for serve.") var decode: DecodeMode = .exact
  @Argument(help: "A folder with one folder a class, named as the model's labels.") var directory: String

  func run() throws {
    let classifier = try FileClassifier(model: model, decode: decode)
    try classifier.requireClasses()
    var (right, total) = (0, 0)
    for (index, label) in classifier.model.labels.enumerated() {
      let files = try ImageFolder(directory + "/" + label).files
      let results = classifier.classify(files)
      let hits = try zip(files, results).filter { file, result in
        do { return try result.get().maximumIndex == index } catch {
          throw ValidationError("\(file): \(error)")
        }
      }
      print(
        "\(label): \(hits.count) of \(files.count), \(percent(Double(hits.count) / Double(max(files.count, 1))))"
      )
      right += hits.count
      total += files.count
    }
    print("all: \(right) of \(total), \(percent(Double(right) / Double(max(total, 1))))")
  }
}

extension [Float] {
  /// Where the largest value is, the first of equal ones; nil where there is none.
  var maximumIndex: Int? { self.max().flatMap(firstIndex(of:)) }
}
