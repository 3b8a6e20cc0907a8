import Checkpoint
import ImageInput
import Inference
import SoftMoEViT

/// What `softmoe inspect` tells of a checkpoint; its JSON.
struct ModelInspection: Encodable {
  struct Block: Encodable {
    let block: Int
    let feedforward: String
    let parameters: Int
    let bytes: Int
  }

  struct Tensor: Encodable {
    let name, type: String
    let shape: [Int]
    let bytes: Int
  }

  let name, weights: String
  let formatVersion, bytes, parameters: Int
  let hasProof: Bool
  let configuration: ModelConfiguration
  let preprocessing: Preprocessing
  let labels: [String]
  let provenance: [String: String]
  let blocks: [Block]
  let tensors: [Tensor]

  private enum CodingKeys: String, CodingKey {
    case name, weights, bytes, parameters, configuration, preprocessing, labels, provenance, blocks, tensors
    case formatVersion = "format_version"
    case hasProof = "has_proof"
  }

  init(path: String) throws {
    let checkpoint = try Checkpoint(path: path)
    let model = try OpenedModel(path: path)
    let configuration = model.network.configuration
    (name, weights, labels) = (model.name, model.weightsName, model.labels)
    (formatVersion, bytes, hasProof) = (Int(Layout.version), checkpoint.byteCount, model.proof != nil)
    self.configuration = configuration
    (preprocessing, provenance) = (model.preprocessing, model.provenance)
    let weights = checkpoint.tensors.filter { !TensorName.isProbe($0.name) }
    parameters = weights.reduce(0) { $0 + $1.count }
    tensors = checkpoint.tensors.map {
      Tensor(name: $0.name, type: $0.type.rawValue, shape: $0.shape, bytes: $0.byteCount)
    }
    blocks = (0..<configuration.depth).map { index in
      let own = weights.filter { TensorName.block(index).covers($0.name) }
      return Block(
        block: index, feedforward: Self.feedforward(configuration, index),
        parameters: own.reduce(0) { $0 + $1.count }, bytes: own.reduce(0) { $0 + $1.byteCount })
    }
  }

  private static func feedforward(_ model: ModelConfiguration, _ index: Int) -> String {
    guard let moe = model.moe, moe.layers.contains(index) else { return "MLP, \(model.mlpWidth) wide" }
    let capacity = moe.capacity(tokenCount: model.tokenCount)
    let routing =
      switch moe.router {
      case .soft: "Soft MoE, \(moe.expertCount) experts × \(moe.slotsPerExpert) slots"
      case .tokensChoice:
        "Tokens Choice, \(moe.selectedExperts) of \(moe.expertCount) experts, room for \(capacity) tokens each"
      case .expertsChoice: "Experts Choice, \(moe.expertCount) experts of \(capacity) tokens each"
      }
    return "\(routing), \(moe.expertWidth) wide"
  }
}
