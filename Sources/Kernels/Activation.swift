/// The element-wise function between an MLP's two products, or after `pre_logits`.
public enum Activation: Sendable {
  /// x·Φ(x), Φ by its tanh approximation: flax' and JAX' default.
  case geluTanh
  /// x·Φ(x), Φ by the error function: PyTorch's default.
  case geluErf
  /// tanh x.
  case tanh

  @inline(__always)
  func callAsFunction(_ x: Vector) -> Vector {
    switch self {
    case .geluTanh:
      // ½·(1 + tanh u) = 1 / (1 + e⁻²ᵘ), u = √(2/π)·(x + 0.044715·x³)
      x / (1 + exp(x * (-1.595_769_12 - 0.071_354_816 * (x * x))))
    case .geluErf:
      x * normalDistribution(x)
    case .tanh:
      1 - 2 / (1 + exp(2 * x))
    }
  }
}

/// Φ(x) = ½·erfc(−x/√2) with an absolute error below 1.5·10⁻⁷.
///
/// - Source: Abramowitz and Stegun, 7.1.26.
@inline(__always)
private func normalDistribution(_ x: Vector) -> Vector {
  let magnitude = x.replacing(with: -x, where: x .< 0) * 0.707_106_78
  let t = 1 / (1 + 0.327_591_1 * magnitude)
  var p = t * 1.061_405_429 - 1.453_152_027
  p = p * t + 1.421_413_741
  p = p * t - 0.284_496_736
  p = p * t + 0.254_829_592
  let upperTail = 0.5 * (p * t) * exp(-(magnitude * magnitude))
  return (1 - upperTail).replacing(with: upperTail, where: x .< 0)
}
