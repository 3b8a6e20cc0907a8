/// The name of a tensor, or of a part of the model that has several: `blocks/3/attention/qkv/kernel`.
package struct TensorName: Sendable, Hashable, CustomStringConvertible {
  /// Its parts, joined by '/'.
  package let description: String

  /// What stands between two slashes.
  package enum Part: String, Sendable {
    // What a layer's parameters are called.
    case kernel, bias, scale
    // The model's parts.
    case patchEmbedding = "patch_embedding"
    case classToken = "class_token"
    case prefixTokens = "prefix_tokens"
    case positionEmbedding = "position_embedding"
    case patchNormIn = "patch_norm_in"
    case patchNormOut = "patch_norm_out"
    case preNorm = "pre_norm"
    case finalNorm = "final_norm"
    case mapHead = "map_head"
    case preLogits = "pre_logits"
    case blocks, head, probe
    // A block's parts.
    case norm1, norm2, attention, mlp, moe
    case layerScale1 = "layer_scale1"
    case layerScale2 = "layer_scale2"
    // Those of attention, and of the MAP head, which has one too.
    case qkv, out, query, norm
    case queryNorm = "query_norm"
    case keyNorm = "key_norm"
    case keyValue = "key_value"
    // Those of an MLP and of a Soft MoE.
    case gate, up, down, router, experts
    // Those of the self-proof.
    case image, logits, features
  }

  private init(_ description: String) { self.description = description }

  /// A part of the model.
  package init(_ part: Part) { self.init(part.rawValue) }

  /// A block, counted from 0.
  package static func block(_ index: Int) -> TensorName { TensorName("\(Part.blocks.rawValue)/\(index)") }

  /// A part of this part.
  package subscript(_ part: Part) -> TensorName { TensorName("\(description)/\(part.rawValue)") }

  /// Whether a tensor of that name belongs to this part.
  package func covers(_ name: String) -> Bool { name.hasPrefix(description + "/") }

  /// Whether a tensor of that name belongs to the experts of a block.
  package static func isExperts(_ name: String) -> Bool { name.contains("/\(Part.experts.rawValue)/") }

  /// Whether a tensor of that name belongs to the self-proof, and so is no weight.
  package static func isProbe(_ name: String) -> Bool { TensorName(.probe).covers(name) }
}
