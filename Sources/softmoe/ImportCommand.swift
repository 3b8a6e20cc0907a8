import ArgumentParser
import Checkpoint
import CheckpointImport
import FoundationEssentials
import ImageInput
import PlainText
import SoftMoEViT

/// `softmoe import`: another format's checkpoint → `.smoe`.
struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turn a Soft MoE ViT of google-research/vmoe or bwconrad/soft-moe (timm) into a .smoe file.",
    discussion: """
      SOURCE is a safetensors file, the .index.json of several, an .npz archive or a Flax MessagePack file. What names and shapes tell is not asked; what they \
      can't tell has a default, and the command prints the configuration that it settled on.
      """)

  @Argument(help: "The file to import.") var source: String
  @Option(name: .shortAndLong, help: "The .smoe file to write.") var output: String
  @Flag(help: "Print what would be made, and make nothing.") var dryRun = false
  @Option(help: "The name that answers carry. Default: the output's file name.") var name: String?
  @Option(help: "Whose tensor names the source has: vmoe or timm. Default: told by the names.")
  var family: ModelFamily?
  @Option(help: "Number of attention heads. Default: told by the shapes (vmoe), width / 64 (timm).")
  var heads: Int?
  @Option(help: "token, first, gap or map. Default: map or token where the tensors have it, else gap.")
  var pooling: PoolingOption?
  @Option(help: "The input's size in pixels, HEIGHTxWIDTH. Default: the square that the positions tell.")
  var image: ImageSize?
  @Option(help: "What a vmoe model without a position embedding adds: sincos2d or none.")
  var position: PositionOption = .sincos2d
  @Option(
    help:
      "imagenet, or a file: a label a line, a JSON array or map, a config.json with id2label. Default: class 0, …"
  )
  var labels: String?
  @Option(
    help:
      "A preset (imagenet, inception, cifar10) or a JSON file. Default: inception for vmoe, imagenet for timm."
  )
  var preprocess: String?
  @Option(help: "none, or bfloat16 as vmoe's released code does.")
  var dispatchRounding: DispatchRounding = .none
  @Option(help: "How weight matrices are stored.") var dtype: ElementType = .f32
  @Option(help: "A line about where the weights come from, KEY=VALUE; may be given again.")
  var provenance: [String] = []

  func run() throws {
    var options = ImportOptions()
    options.family = family
    options.headCount = heads
    options.pooling = pooling
    options.imageSize = image.map { ($0.height, $0.width) }
    options.position = position
    options.dispatchRounding = dispatchRounding
    options.matrixType = dtype
    let imported = try CheckpointImport(path: source, options: options)
    let model = imported.configuration
    let description = ModelDescription(
      name: name ?? Self.stem(of: output),
      labels: try labels.map { try LabelFile.labels(at: $0, classCount: model.classCount) }
        ?? (0..<model.classCount).map { "class \($0)" },
      preprocessing: try preprocessing(for: model, imported.family),
      provenance: try provenanceEntries(imported.family))
    try imported.check(description)
    try report(imported, description)
    if dryRun { return }
    let progress = ProgressBar("importing")
    defer { progress.clear() }
    try imported.write(to: output, description, progress: progress.show)
  }

  private func preprocessing(for model: ModelConfiguration, _ family: ModelFamily) throws -> Preprocessing {
    let choice = preprocess ?? (family == .vmoe ? "inception" : "imagenet")
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

  /// What was recognised, and every choice that had a default.
  private func report(_ imported: CheckpointImport, _ description: ModelDescription) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    print(
      "\(output): \(description.name), family \(imported.family.rawValue), matrices as \(dtype.rawValue), "
        + megabytes(imported.byteCount))
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
extension PositionOption: ExpressibleByArgument {}
extension DispatchRounding: ExpressibleByArgument {}
extension ElementType: ExpressibleByArgument {}
