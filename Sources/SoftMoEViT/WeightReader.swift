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
    let weights = try stack(name + "/kernel", count: count, inputWidth, outputWidth)
    let biasShape = (count.map { [$0] } ?? []) + [outputWidth]
    return Linear(weights: weights, bias: bias ? try vectors(name + "/bias", shape: biasShape) : nil)
  }

  /// Matrices in panels, in place; those that a file of version 1 has row-major are packed in memory.
  func stack(_ name: String, count: Int? = nil, _ inputWidth: Int, _ outputWidth: Int)
    throws(CheckpointError) -> WeightStack
  {
    let shape = (count.map { [$0] } ?? []) + [inputWidth, outputWidth]
    let kernel = try checkpoint.tensor(prefix + name, shape: shape, types: ElementType.allCases)
    if kernel.arrangement == .panels {
      return WeightStack(
        packed: kernel.bytes, element: kernel.type.weightElement, count: count ?? 1, inputWidth: inputWidth,
        outputWidth: outputWidth, owner: kernel.file)
    }
    let size = inputWidth * outputWidth
    var packed: [UInt8] = []
    for index in 0..<(count ?? 1) {
      let values = kernel.floats(index * size..<(index + 1) * size)
      packed += Panels.pack(values, k: inputWidth, c: outputWidth, type: kernel.type)
    }
    let bytes = WeightBytes(packed)
    return WeightStack(
      packed: bytes.bytes, element: kernel.type.weightElement, count: count ?? 1, inputWidth: inputWidth,
      outputWidth: outputWidth, owner: bytes)
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
    case .int8: .int8
    }
  }
}
