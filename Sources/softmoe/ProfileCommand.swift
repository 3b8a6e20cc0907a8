import ArgumentParser
import ImageInput
import Inference
import LoadGenerator
import PlainText

/// `softmoe profile`: how a model's experts work on its own kind of images, for `serve` to compare with.
struct ProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile",
    abstract: "Write how the experts work on known images, so that serve can tell when others drift away.",
    discussion: """
      Give it images of the kind that the model is meant for, some thousand of them, such as those that it was \
      validated on. The file holds the share of the combine weights that each slot has, or each expert of a \
      sparse router, and for each layer up to where a divergence from them is chance.
      """)

  @Argument(help: "The .smoe checkpoint.") var model: String
  @Option(help: "A folder of JPEG, PNG or WebP images, with folders of them or without.") var images: String
  @Option(
    name: .shortAndLong, help: "The file to write. Default: beside the checkpoint, where serve looks for it.")
  var output: String?
  @Option(help: "exact or fast, as for serve.") var decode: DecodeMode = .exact

  func run() throws {
    let folder = try ImageFolder(images)
    try folder.require(UsageChunks.leastImageCount, of: folder.names.count)
    let classifier = try FileClassifier(model: model, decode: decode)
    let layers = try classifier.softMoELayers
    // In random order, so that one chunk is like another however the folders are sorted.
    var generator = SplitMix64(state: 1)
    var chunks = UsageChunks(of: layers)
    let failures = classifier.runNamingFailures(folder.files.shuffled(using: &generator)) {
      chunks.add($1.routing)
    }
    try folder.require(UsageChunks.leastImageCount, of: folder.names.count - failures)
    let profile = UsageProfile(weights: classifier.model.weightsName, layers: layers, chunks: chunks)
    let path = output ?? UsageProfile.path(beside: model)
    try profile.write(to: path)
    print("\(path): \(profile.imageCount) images, weights \(profile.weights)")
    printText(
      table(
        ["layer", "divergence limit"],
        profile.layers.map { ["\($0.layer)", significant($0.divergenceLimit)] }))
    if failures > 0 { throw ExitCode.failure }
  }
}
