import ArgumentParser
import Checkpoint
import CheckpointImport
import FoundationEssentials
import Glibc
import ImageInput
import PlainText
import SoftMoEViT

/// `softmoe import`: another format's checkpoint → `.smoe`.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn a Vision Transformer's checkpoint of another library into a .smoe file.",
    discussion: """
      SOURCE is a safetensors file, a PyTorch file (.pth, .pt, .ckpt, .bin), one of several files or their folder, an .npz archive, a Flax MessagePack file, or \
      what the names of vmoe's files begin with (PREFIX of PREFIX.index and PREFIX.data-nnnnn-of-NNNNN). \
      What names and shapes tell is not asked. What they can't tell comes from an option, from config.json, preprocessor_config.json, open_clip_config.json or args.json beside the file, from \
      --architecture, or from a --probe; what none of them tells is assumed only where it is customary, and the command says so.
      """)

  @Argument(help: "The file to import.") var source: String
  @Option(name: .shortAndLong, help: "The .smoe file to write.") var output: String
  @Flag(help: "Print what would be made, and make nothing.") var dryRun = false
  @Flag(help: "Write over a file that is there.") var force = false
  @Option(
    help:
      "The model's name in timm, with its tag or without (vit_base_patch16_clip_224.openai), or a model of Hugging Face (google/vit-base-patch16-224)."
  )
  var architecture: String?
  @Option(
    help:
      "A safetensors file of pixels and logits that your own framework computed: what the tensors leave open is tried until it gives them."
  )
  var probe: String?
  @Option(help: "What the names of the model begin with, in a file that holds several.") var root: String?
  @Option(help: "The name that answers carry. Default: the output's file name.") var name: String?
  @Option(help: "Whose tensor names the source has. Default: told by the names.")
  var family: ModelFamily?
  @Option(help: "Number of attention heads. Default: told by the shapes, or heads of 64 where that is usual.")
  var heads: Int?
  @Option(help: "The norms' epsilon. Default: what the family usually has.") var normEpsilon: Float?
  @Option(help: "The function between an MLP's products. Default: what the family usually has.")
  var activation: ActivationKind?
  @Option(help: "Where a block's norms stand.") var blockNorm: BlockNormKind?
  @Option(
    help:
      "Where the last norm stands: tokens (before pooling), features (after it), none. Default: told by its name."
  )
  var finalNorm: FinalNormKind?
  @Option(help: "token, first, gap, all or map. Default: map or token where the tensors have it, else gap.")
  var pooling: PoolingOption?
  @Option(help: "The input's size in pixels, HEIGHTxWIDTH. Default: the square that the positions tell.")
  var image: ImageSize?
  @Option(help: "What a vmoe model without a position embedding adds: sincos2d or none.")
  var position: PositionOption = .sincos2d
  @Option(
    help:
      "imagenet, or a file: a label a line, a JSON array or map, a config.json with id2label. Default: what is beside the model, else class 0, …"
  )
  var labels: String?
  @Option(
    help:
      "A preset (imagenet, inception, cifar10, vmoe-384) or a JSON file. Default: what is beside the model or the architecture has."
  )
  var preprocess: String?
  @Option(help: "none, or bfloat16 as vmoe's released code does.")
  var dispatchRounding: DispatchRounding?
  @Option(help: "Who chooses in a sparse router: tokens_choice or experts_choice.") var router: RouterKind?
  @Option(help: "How many experts a token of tokens_choice chooses.") var selectedExperts: Int?
  @Option(
    help:
      "The places of a sparse router's expert over those it had if all took as many: a number, or none to drop nothing."
  )
  var capacityFactor: CapacityOption?
  @Option(help: "What an expert's places are rounded up to a multiple of. Default: 4, as vmoe does.")
  var capacityMultiple: Int?
  @Flag(inversion: .prefixedNo, help: "Tokens with the largest gates find places first.")
  var batchPriority: Bool?
  @Flag(inversion: .prefixedNo, help: "The chosen gates of a token are divided by their sum.")
  var renormalizedGates: Bool?
  @Option(help: "How weight matrices are stored.") var dtype: ElementType = .f32
  @Option(help: "A line about where the weights come from, KEY=VALUE; may be given again.")
  var provenance: [String] = []

  func run() throws {
    try requireNewOutput()
    var options = ImportOptions()
    (options.architecture, options.probe, options.root) = (architecture, probe, root)
    options.family = family
    options.headCount = heads
    options.normEpsilon = normEpsilon
    options.activation = activation
    (options.blockNorm, options.finalNorm) = (blockNorm, finalNorm)
    options.pooling = pooling
    options.imageSize = image.map { ($0.height, $0.width) }
    options.position = position
    options.dispatchRounding = dispatchRounding
    (options.router, options.selectedExperts, options.capacity) = (router, selectedExperts, capacityFactor)
    (options.capacityMultiple, options.batchPriority) = (capacityMultiple, batchPriority)
    options.renormalizedGates = renormalizedGates
    options.matrixType = dtype
    let search = ProgressBar("trying on the probe")
    let imported: CheckpointImport
    do {
      defer { search.clear() }
      imported = try CheckpointImport(path: source, options: options) { if probe != nil { search.show($0) } }
    }
    var report = ImportReport(imported)
    let description = ModelDescription(
      name: name ?? Self.stem(of: output), labels: try labels(imported, &report),
      preprocessing: try preprocessing(imported, &report), provenance: try provenanceEntries(imported.family))
    try imported.check(description)
    print(
      "\(output): \(description.name), family \(imported.family.rawValue), matrices as \(dtype.rawValue), "
        + megabytes(imported.byteCount))
    print(report.table)
    for warning in report.warnings { printError("warning: \(warning)") }
    if dryRun { return try printDescription(imported, description) }
    let progress = ProgressBar("importing")
    do {
      defer { progress.clear() }
      try imported.write(to: output, description, progress: progress.show)
    }
    print("next: softmoe serve --model \(output)")
  }

  /// Nothing is written over by accident, least of all the source.
  private func requireNewOutput() throws {
    var (old, new) = (stat(), stat())
    guard !dryRun, stat(output, &new) == 0 else { return }
    if stat(source, &old) == 0, old.st_dev == new.st_dev, old.st_ino == new.st_ino {
      throw ValidationError("--output: '\(output)' is the source itself; name another file")
    }
    guard force else {
      throw ValidationError("--output: '\(output)' is there already; name another file, or add --force")
    }
  }

  private func labels(_ imported: CheckpointImport, _ report: inout ImportReport) throws -> [String] {
    let count = imported.configuration.classCount
    if let labels {
      report.add(.labels, labels, .option)
      return try LabelFile.labels(at: labels, classCount: count)
    }
    if let known = imported.evidence.labels, known.value.count == count {
      report.add(.labels, "\(count) names", known.origin)
      return known.value
    }
    if let origin = imported.evidence.imageNet, count == LabelFile.imageNetLabels.count {
      report.add(.labels, LabelFile.imageNet, origin)
      return LabelFile.imageNetLabels
    }
    if count > 0 { report.add(.labels, "class 0, class 1, …", .assumed) }
    if count == LabelFile.imageNetLabels.count {
      report.warnings.append("if these 1000 classes are ImageNet's, add --labels imagenet")
    }
    return (0..<count).map { "class \($0)" }
  }

  private func preprocessing(_ imported: CheckpointImport, _ report: inout ImportReport) throws
    -> Preprocessing
  {
    let model = imported.configuration
    let size = ImageExtent(height: model.imageHeight, width: model.imageWidth)
    if preprocess == nil,
      let known = try imported.evidence.preprocessing(for: size, patch: model.patchSize)
    {
      report.add(
        .preprocess,
        "\(known.value.filter.rawValue) to \(known.value.resize)"
          + (known.value.resize == .sides(height: size.height, width: size.width)
            ? "" : ", cropped to \(size)")
          + (known.scaledFrom.map { " (stated for \($0))" } ?? ""), known.origin)
      return known.value
    }
    let choice = preprocess ?? PreprocessingPreset.customary(for: imported).rawValue
    report.add(.preprocess, choice, preprocess == nil ? .assumed : .option)
    if let preset = PreprocessingPreset(rawValue: choice) {
      return preset.preprocessing(height: model.imageHeight, width: model.imageWidth)
    }
    guard let data = try? Data(contentsOf: URL(filePath: choice)) else {
      throw ImportError.option(
        name: "preprocess",
        problem:
          "expected a preset (\(PreprocessingPreset.names)) or a JSON file with resize_shorter, filter, "
          + "crop_height, crop_width, mean, std; '\(choice)' is neither")
    }
    do throws(StrictJSON.Problem) {
      return try StrictJSON.decode(from: [UInt8](data))
    } catch {
      throw ImportError.option(name: "preprocess", problem: "'\(choice)': \(error)")
    }
  }

  private func provenanceEntries(_ family: ModelFamily) throws -> [String: String] {
    var entries = ["imported_by": "softmoe \(softmoeVersion)", "family": family.rawValue]
    for line in provenance {
      let parts = line.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else {
        throw ValidationError("--provenance: expected KEY=VALUE, found '\(line)'")
      }
      entries[String(parts[0])] = String(parts[1])
    }
    return entries
  }

  static func stem(of path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.hasSuffix(".smoe") ? String(name.dropLast(5)) : name
  }

  private func printDescription(_ imported: CheckpointImport, _ description: ModelDescription) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let (configuration, preprocessing) = (imported.configuration, description.preprocessing)
    print("configuration", String(decoding: try encoder.encode(configuration), as: UTF8.self))
    print("preprocessing", String(decoding: try encoder.encode(preprocessing), as: UTF8.self))
  }
}

/// HEIGHTxWIDTH.
struct ImageSize: ExpressibleByArgument {
  let height, width: Int

  init?(argument: String) {
    let parts = argument.split(separator: "x").map { Int($0) }
    guard parts.count == 2, let height = parts[0], let width = parts[1], height > 0, width > 0 else {
      return nil
    }
    (self.height, self.width) = (height, width)
  }
}

extension ModelFamily: ExpressibleByArgument {}
extension PoolingOption: ExpressibleByArgument {}
extension ActivationKind: ExpressibleByArgument {}
extension BlockNormKind: ExpressibleByArgument {}
extension FinalNormKind: ExpressibleByArgument {}
extension PositionOption: ExpressibleByArgument {}
extension DispatchRounding: ExpressibleByArgument {}
extension RouterKind: ExpressibleByArgument {
  /// By name; `tokens` and `experts` will do.
  public init?(argument: String) {
    guard let kind = RouterKind(rawValue: argument) ?? RouterKind(rawValue: argument + "_choice") else {
      return nil
    }
    self = kind
  }
}
extension CapacityOption: ExpressibleByArgument {
  package init?(argument: String) { self.init(argument) }
}
extension ElementType: ExpressibleByArgument {}
