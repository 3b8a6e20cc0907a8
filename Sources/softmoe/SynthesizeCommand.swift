import ArgumentParser
import Checkpoint
import CheckpointImport
import PlainText
import SoftMoEViT

/// `softmoe synthesize`: a checkpoint of the paper's sizes with random weights, for measurements.
struct SynthesizeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "synthesize",
    abstract: "Write a checkpoint of one of the paper's variants with random weights, to measure speed with.")

  @Option(help: "Ti, S, B, L or H, a slash and the patch size: S/16, H/14.") var variant: ModelVariant
  @Option(help: "Experts in each mixture; 0 for a dense ViT.") var experts = 128
  @Option(help: "Who chooses: soft, tokens_choice or experts_choice.") var router = RouterKind.soft
  @Option(help: "Slots of each expert of a soft router.") var slots = 1
  @Option(help: "How many experts a token chooses.") var selectedExperts = 2
  @Option(
    help:
      "Room of each expert of a sparse router over its fair share of the tokens, or none where they choose.")
  var capacityFactor = CapacityOption.factor(1)
  @Option(help: "What that room is rounded up to a multiple of.") var capacityMultiple = 4
  @Option(help: "Side of the square input in pixels.") var image = 224
  @Option(help: "Number of classes.") var classes = 1_000
  @Option(help: "How weight matrices are stored.") var dtype: ElementType = .bf16
  @Option(name: .shortAndLong, help: "The .smoe file to write.") var output: String

  func validate() throws {
    guard experts >= 0, slots > 0, image > 0, classes > 0 else {
      throw ValidationError("--experts, --slots, --image and --classes are positive; --experts may be 0")
    }
  }

  func run() throws {
    var configuration = variant.configuration(
      experts: experts, slots: slots, imageSize: image, classCount: classes, router: router,
      selected: router == .tokensChoice ? selectedExperts : 0,
      capacityFactor: router == .soft ? nil : capacityFactor.factor)
    configuration.moe?.capacityMultiple = capacityMultiple
    let model = try CheckpointImport(synthesizing: configuration, as: dtype)
    let progress = ProgressBar("writing")
    defer { progress.clear() }
    try model.write(
      to: output,
      ModelDescription(
        name: ImportCommand.stem(of: output), labels: (0..<classes).map { "class \($0)" },
        preprocessing: PreprocessingPreset.inception.preprocessing(height: image, width: image),
        provenance: ["synthesized_by": "softmoe \(softmoeVersion)", "weights": "random"]),
      progress: progress.show)
    progress.clear()
    print("\(output): \(megabytes(model.byteCount))")
  }
}

extension ModelVariant: ExpressibleByArgument {
  /// By name.
  public init?(argument: String) { self.init(argument) }
}
