import Checkpoint
import Kernels

/// Reads a model's weights by names relative to a layer's prefix, each with the shape it must have.
///
/// The views it hands out point into the mapped file; nothing is copied.
struct WeightReader {
  let checkpoint: Checkpoint
  var prefix = ""

  /// The reader of a part of this part.
  subscript(_ part: String) -> WeightReader {
    WeightReader(checkpoint: checkpoint, prefix: prefix + part + "/")
  }

  /// `count` matrices [inputWidth, outputWidth] under `name`/kernel, and their biases under `name`/bias.
  func linear(_ name: String, count: Int? = nil, _ inputWidth: Int, _ outputWidth: Int, bias: Bool = true)
    throws(CheckpointError) -> Linear
  {
    let stack = count.map { [$0] } ?? []
    let kernel = try checkpoint.tensor(prefix + name + "/kernel", shape: stack + [inputWidth, outputWidth])
    let weights = WeightStack(
      bytes: kernel.bytes, element: kernel.type.weightElement, count: count ?? 1, inputWidth: inputWidth,
      outputWidth: outputWidth, owner: kernel.file)
    return Linear(
      weights: weights, bias: bias ? try vectors(name + "/bias", shape: stack + [outputWidth]) : nil)
  }

  /// Scale and shift of a LayerNorm.
  func layerNorm(_ name: String, _ width: Int, epsilon: Float, shift: Bool = true)
    throws(CheckpointError) -> LayerNorm
  {
    LayerNorm(
      scale: try vectors(name + "/scale", shape: [width]),
      shift: shift ? try vectors(name + "/bias", shape: [width]) : nil, epsilon: epsilon)
  }

  /// Float vectors [width] or [count, width].
  func vectors(_ name: String, shape: [Int]) throws(CheckpointError) -> WeightVectors {
    let tensor = try checkpoint.tensor(prefix + name, shape: shape, types: [.f32])
    let width = shape.last ?? 1
    return WeightVectors(bytes: tensor.bytes, count: tensor.count / width, width: width, owner: tensor.file)
  }

  /// A small tensor, copied.
  func values(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    try checkpoint.tensor(prefix + name, shape: shape, types: [.f32]).floats()
  }
}

extension ElementType {
  fileprivate var weightElement: WeightElement {
    switch self {
    case .f32: .f32
    case .bf16: .bf16
    case .f16: .f16
    }
  }
}
