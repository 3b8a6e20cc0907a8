import Checkpoint
import ImageInput
import SoftMoEViT

/// Why a checkpoint can't be served.
package enum OpenedModelError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It is no model that the engine runs.
  case model(ModelError)
  /// Its image preparation can't be used.
  case preprocessing(ImageError)
  /// It computes something else here than where it was made.
  case selfProof(SelfProofError)
  /// The machine has no room for it.
  case machine(MachineError)
  /// Another load is under way.
  case busy
  /// Parts of it do not fit each other.
  case inconsistent(String)

  /// One line for the operator.
  package var description: String {
    switch self {
    case .model(let error): error.description
    case .preprocessing(let error): "not a usable checkpoint: \(error)"
    case .selfProof(let error): error.description
    case .machine(let error): error.description
    case .busy: "a load is already under way; try again when it has ended"
    case .inconsistent(let problem): "not a usable checkpoint: \(problem)"
    }
  }
}

/// A checkpoint ready to answer: the network, its labels and how images become its input.
package struct OpenedModel: Sendable {
  /// The name that answers carry.
  package let name: String
  /// One label a class.
  package let labels: [String]
  /// How images are prepared.
  package let preprocessing: Preprocessing
  /// Where the weights come from, for people.
  package let provenance: [String: String]
  /// The network.
  package let network: SoftMoEViT
  /// The probe and its logits, nil in a file without them.
  package let proof: SelfProof?
  /// XXH3-64 of the checkpoint's header: names the weights.
  package let identity: UInt64
  /// How a reference set used the experts; nil where none lies beside the checkpoint, or one of other weights.
  package let profile: UsageProfile?
  /// What the operator should know of a model that can be served.
  package let warnings: [String]
  /// Which checksums were compared when it was opened.
  package let verification: Verification
  /// Bytes of the file.
  package let byteCount: Int

  /// The weights' identity in hexadecimal.
  package var weightsName: String { hexadecimal(identity) }

  /// Opens a checkpoint.
  ///
  /// - Throws: `OpenedModelError`, naming what is wrong.
  package init(path: String, verification: Verification = .header) throws(OpenedModelError) {
    let checkpoint: Checkpoint
    do throws(CheckpointError) {
      checkpoint = try Checkpoint(path: path, verification: verification)
      name = try checkpoint.section(.name)
      labels = try checkpoint.section(.labels)
      preprocessing = try checkpoint.section(.preprocessing)
      provenance = try checkpoint.section(.provenance)
      try Self.check(Naming.problem(ofName: name), of: .name)
      try Self.check(Naming.problem(ofLabels: labels), of: .labels)
    } catch {
      throw .model(.checkpoint(error))
    }
    (identity, byteCount, self.verification) = (checkpoint.identity, checkpoint.byteCount, verification)
    do throws(ModelError) { network = try SoftMoEViT(checkpoint) } catch { throw .model(error) }
    let model = network.configuration
    do throws(CheckpointError) {
      proof = try SelfProof(checkpoint, model)
    } catch {
      throw .model(.checkpoint(error))
    }
    (profile, warnings) = Self.profile(beside: path, identity, proof, model)
    guard labels.count == model.classCount else {
      throw .inconsistent("expected \(model.classCount) labels, found \(labels.count)")
    }
    guard preprocessing.cropHeight == model.imageHeight, preprocessing.cropWidth == model.imageWidth else {
      throw .inconsistent(
        "preprocessing makes \(preprocessing.cropHeight)x\(preprocessing.cropWidth) pixels, "
          + "the model reads \(model.imageHeight)x\(model.imageWidth)")
    }
  }

  private static func check(_ problem: String?, of section: SectionKey) throws(CheckpointError) {
    if let problem { throw .invalidMetadata(section: section.rawValue, problem: problem) }
  }

  private static func profile(
    beside path: String, _ identity: UInt64, _ proof: SelfProof?, _ model: ModelConfiguration
  ) -> (UsageProfile?, [String]) {
    var warnings: [String] = []
    if proof == nil { warnings.append("the checkpoint has no self-proof; import it again to add one") }
    do throws(UsageProfileError) {
      let layers = RoutedLayer.all(of: model)
      return (
        try UsageProfile.read(beside: path, weights: hexadecimal(identity), layers: layers), warnings
      )
    } catch {
      // What a profile is for is not worth a server that does not start.
      return (nil, warnings + ["\(error); drift is not measured"])
    }
  }
}
