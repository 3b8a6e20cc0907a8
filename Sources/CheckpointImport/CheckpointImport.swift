import Checkpoint
import ImageInput
import SoftMoEViT

/// A model found in a file of another format, ready to be written as a checkpoint.
package struct CheckpointImport {
  /// What names, shapes and options say the model is.
  package var configuration: ModelConfiguration { plan.configuration }
  /// Whose names it has.
  package let family: ModelFamily
  /// Tensors of the source that the model does not need, by the source's names.
  package let setAside: [String]
  /// What came off before the source's names: `state_dict.module.`; empty for nothing.
  package let prefix: String
  /// How everything was decided that the tensors may leave open.
  package let decisions: [Decision]
  /// How images become pixels, and what classes are called, where something beside the tensors says so.
  package let evidence: Evidence
  /// How far the model is off a probe's answers, as a share of the largest; nil without a probe.
  package let probeError: Float?
  /// How many forward passes finding that took.
  package let probePassCount: Int
  private let plan: ImportPlan
  private let probe: Probe?
  private let matrixType: ElementType
  private let files: [MappedFile]

  init(plan: ImportPlan, family: ModelFamily, matrixType: ElementType, files: [MappedFile]) {
    (setAside, prefix, decisions, evidence) = ([], "", [], Evidence())
    (probe, probeError, probePassCount) = (nil, nil, 0)
    (self.plan, self.family, self.matrixType, self.files) = (plan, family, matrixType, files)
  }

  /// Maps a source, recognises its model and finds every tensor of it.
  ///
  /// - Parameters:
  ///   - path: a safetensors or PyTorch file, the index of several, one of them or their folder, an npz archive, Flax
  ///     MessagePack, or what the names of vmoe's files begin with; told apart by its first bytes.
  ///   - options: what the file can't tell.
  ///   - progress: told the share of what may have to be tried on a probe.
  /// - Throws: `ImportError`, naming the tensor or option that is wrong.
  package init(path: String, options: ImportOptions, progress: (_ share: Double) -> Void = { _ in })
    throws(ImportError)
  {
    let path = try SourceLocation.file(at: path)
    let file: MappedFile
    do throws(CheckpointError) { file = try MappedFile(path: path) } catch { throw .checkpoint(error) }
    let root = try SourceRoot(SourceFormat.source(in: file, path: path), root: options.root)
    let tensors = root.file.tensors
    // A model in shards lies in several files.
    files = Dictionary(tensors.flatMap(\.files).map { (ObjectIdentifier($0), $0) }) { first, _ in first }.map(
      \.value)
    let source = SourceModel(tensors)
    let found = try SourceFamilies.family(of: source, asked: options.family, path: path)
    family = found.family
    var evidence = try ModelFiles.evidence(beside: path)
    if let name = options.architecture {
      evidence = try Architectures.evidence(for: name, origin: .architecture(name)).completed(by: evidence)
    }
    self.evidence = evidence
    let (plan, model): (ImportPlan, SourceModel)
    if let path = options.probe {
      let probe = try Probe(path: path)
      let outcome = try ProbeSearch(
        probe: probe, family: found, source: source, options: options, evidence: evidence
      ).find(progress: progress)
      (plan, model, decisions) = (outcome.plan, outcome.model, outcome.decisions)
      (self.probe, probeError, probePassCount) = (probe, outcome.error, outcome.passCount)
    } else {
      let decisions = Decisions(options, evidence)
      (plan, model) = try found.plan(source, options, decisions)
      (self.decisions, probe, probeError, probePassCount) = (decisions.made, nil, nil, 0)
    }
    (self.plan, prefix) = (plan, root.prefix)
    setAside = (root.file.setAside + model.setAside).sorted()
    matrixType = options.matrixType
  }

  /// One NaN makes every answer NaN.
  private func requireFinite(_ piece: [Float], of name: String, from first: Int) throws(ImportError) {
    // The largest exponent, found without a branch: all its bits are set in NaN and infinity.
    let infinity = Float.infinity.bitPattern
    guard piece.reduce(0, { max($0, $1.bitPattern & infinity) }) == infinity,
      let index = piece.firstIndex(where: { !$0.isFinite })
    else { return }
    throw .notFinite(name: name, element: first + index, value: "\(piece[index])")
  }

  /// f16 would turn a number above 65504 into infinity.
  private func requireRange(_ piece: [Float], of name: String) throws(ImportError) {
    guard matrixType == .f16, let outside = piece.first(where: { abs($0) > 65_504 }) else {
      return
    }
    throw .option(name: "dtype", problem: "f16 can't hold \(outside) of tensor '\(name)'; choose bf16 or f32")
  }

  private func described(_ tensor: PlannedTensor) -> CheckpointWriter.Description {
    tensor.described(matrixType)
  }

  /// Images of the probe that were used.
  package var probeImageCount: Int { probe?.images.count ?? 0 }

  /// Bytes of the tensors that `write` writes.
  package var byteCount: Int {
    plan.tensors.reduce(0) { $0 + described($1).byteCount }
  }

  /// Whether name, labels and preprocessing can be served and fit the model.
  ///
  /// - Throws: `ImportError.option`, naming the one that doesn't.
  package func check(_ description: ModelDescription) throws(ImportError) {
    if let problem = Naming.problem(ofName: description.name) {
      throw .option(name: "name", problem: problem)
    }
    if let problem = Naming.problem(ofLabels: description.labels) {
      throw .option(name: "labels", problem: problem)
    }
    do throws(ImageError) {
      try description.preprocessing.validate()
    } catch {
      throw .option(name: "preprocess", problem: "\(error)")
    }
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
  }

  /// Writes the checkpoint, tensor by tensor, in bounded memory.
  ///
  /// - Parameter progress: told the share that is written, after each tensor.
  /// - Throws: `ImportError`; the file at `path` is then as it was.
  package func write(
    to path: String, _ description: ModelDescription, progress: (_ share: Double) -> Void = { _ in }
  ) throws(ImportError) {
    try check(description)
    do {
      let metadata = Metadata(
        name: description.name, configuration: configuration, labels: description.labels,
        preprocessing: description.preprocessing, provenance: description.provenance)
      let tensors =
        plan.tensors + SelfProof.placeholders(for: configuration, image: probe?.pixels(0, for: configuration))
      var writer = try CheckpointWriter(
        path: path, metadata: metadata,
        tensors: tensors.map(described))
      var written = 0
      for tensor in tensors {
        try writer.append { emit in
          var count = 0
          try tensor.pieces { piece in
            try requireFinite(piece, of: "\(tensor.name)", from: count)
            if tensor.role == .matrix { try requireRange(piece, of: "\(tensor.name)") }
            count += piece.count
            try emit(piece)
          }
        }
        for file in files { file.releasePages() }
        written += described(tensor).byteCount
        progress(Double(written) / Double(byteCount))
      }
      try writer.completeLast { path in
        let result = try SelfProof.result(ofModelAt: path)
        try requireFinite(result, of: "\(SelfProof.resultName(configuration))", from: 0)
        return result
      }
      try writer.finish()
    } catch let error as CheckpointError {
      throw .checkpoint(error)
    } catch let error as ImportError {
      throw error
    } catch {
      throw .checkpoint(.unwritable(path: path, reason: "\(error)"))
    }
  }
}

/// The sections of the header's JSON object.
private struct Metadata: Encodable {
  typealias CodingKeys = SectionKey

  let name: String
  let configuration: ModelConfiguration
  let labels: [String]
  let preprocessing: Preprocessing
  let provenance: [String: String]
}
