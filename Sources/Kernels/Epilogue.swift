import KernelInterface

/// What becomes of a linear layer's rows.
package enum Epilogue: Sendable {
  /// `output = product + bias`.
  case store
  /// `output = activation(product + bias)`.
  case activate(Activation)
  /// `output += gain · (product + bias)`: a residual connection, with LayerScale where there is a gain.
  case accumulate(gain: WeightVectors?)
  /// `output *= product + bias`: what a gate lets through.
  case multiply

  func finish(bias: UnsafePointer<Float>?) -> Finish {
    switch self {
    case .store: Finish(.store, bias: bias)
    case .activate(let activation): Finish(.activate(activation), bias: bias)
    case .accumulate(let gain): Finish(.accumulate, bias: bias, gain: gain?.base)
    case .multiply: Finish(.multiply, bias: bias)
    }
  }
}
