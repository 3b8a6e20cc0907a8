/// The element-wise function between an MLP's two products, or after `pre_logits`.
package enum Activation: Sendable {
  /// x·Φ(x), Φ by its tanh approximation: flax' and JAX' default.
  case geluTanh
  /// x·Φ(x), Φ by the error function: PyTorch's default.
  case geluErf
  /// x·σ(1.702·x): CLIP's.
  case quickGelu
  /// x·σ(x).
  case silu
  /// max(x, 0).
  case relu
  /// tanh x.
  case tanh
}
