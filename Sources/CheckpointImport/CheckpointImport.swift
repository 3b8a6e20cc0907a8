import Checkpoint
import ImageInput
import SoftMoEViT

/// A model found in a file of another format, ready to be written as a checkpoint.
public struct CheckpointImport {
  /// What names, shapes and options say the model is.
  public var configuration: ModelConfiguration { plan.configuration }
  /// Whose names it has.
  public let family: ModelFamily
  private let plan: ImportPlan
  private let matrixType: ElementType
  private let file: MappedFile

  /// Maps a source, recognises its model and finds every tensor of it.
  ///
  /// - Parameters:
  ///   - path: a safetensors, npz or Flax MessagePack file, told apart by its first bytes.
  ///   - options: what the file can't tell.
  /// - Throws: `ImportError`, naming the tensor or option that is wrong.
  public init(path: String, options: ImportOptions) throws(ImportError) {
    do throws(CheckpointError) { file = try MappedFile(path: path) } catch { throw .checkpoint(error) }
    let source = SourceModel(try Self.tensors(in: file, path: path))
    guard let family = options.family ?? Self.family(of: source) else {
      throw .invalidSource(
        path: path,
        problem: "expected 'embedding/kernel' (vmoe) or 'patch_embed.proj.weight' (timm) among its "
          + "\(source.names.count) tensors, found neither")
    }
    self.family = family
    switch family {
    case .vmoe: plan = try VMoEReader(source: source, options: options).plan()
    case .timm: plan = try TimmReader(source: source, options: options).plan()
    }
    try source.requireAllUsed()
    matrixType = options.matrixType
    do throws(ConfigurationError) {
      try plan.configuration.validate()
    } catch {
      throw .invalidSource(path: path, problem: "\(error)")
    }
  }

  /// The tensors of a file, whose first bytes tell its format.
  ///
  /// A safetensors file begins with the length of its header, so its ninth byte is that of a JSON object.
  private static func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    let bytes = file.bytes
    if bytes.starts(with: [0x50, 0x4B]) { return try NumPyArchive.tensors(in: file, path: path) }
    let isSafetensors = bytes.count > 8 && bytes[8] == UInt8(ascii: "{")
    if !isSafetensors, FlaxMessagePack.recognizes(bytes[0]) {
      return try FlaxMessagePack.tensors(in: file, path: path)
    }
    return try Safetensors.tensors(in: file, path: path)
  }

  private static func family(of source: SourceModel) -> ModelFamily? {
    if VMoEReader.recognizes(source) { return .vmoe }
    if TimmReader.recognizes(source) { return .timm }
    return nil
  }

  /// Writes the checkpoint, tensor by tensor, in bounded memory.
  ///
  /// - Throws: `ImportError`; the file at `path` is then as it was.
  public func write(to path: String, _ description: ModelDescription) throws(ImportError) {
    guard description.labels.count == configuration.classCount else {
      throw .option(
        name: "labels",
        problem: "expected \(configuration.classCount) labels, one a line, found \(description.labels.count)")
    }
    guard description.preprocessing.cropHeight == configuration.imageHeight,
      description.preprocessing.cropWidth == configuration.imageWidth
    else {
      throw .option(
        name: "preprocess",
        problem:
          "it makes \(description.preprocessing.cropHeight)x\(description.preprocessing.cropWidth) pixels, "
          + "the model reads \(configuration.imageHeight)x\(configuration.imageWidth)")
    }
    do {
      let metadata = Metadata(
        name: description.name, configuration: configuration, labels: description.labels,
        preprocessing: description.preprocessing, provenance: description.provenance)
      let tensors = plan.tensors + SelfProof.placeholders(for: configuration)
      var writer = try CheckpointWriter(
        path: path, metadata: metadata,
        tensors: tensors.map {
          CheckpointWriter.Description(name: $0.name, type: $0.isMatrix ? matrixType : .f32, shape: $0.shape)
        })
      for tensor in tensors {
        try writer.append { emit in try tensor.pieces(emit) }
        file.releasePages()
      }
      try writer.completeLast { path in try SelfProof.logits(ofModelAt: path) }
      try writer.finish()
    } catch let error as CheckpointError {
      throw .checkpoint(error)
    } catch {
      throw .checkpoint(.unwritable(path: path, reason: "\(error)"))
    }
  }
}

/// The sections of the header's JSON object.
private struct Metadata: Encodable {
  let name: String
  let configuration: ModelConfiguration
  let labels: [String]
  let preprocessing: Preprocessing
  let provenance: [String: String]
}
