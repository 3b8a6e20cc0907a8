import Checkpoint
import Kernels

/// Reads a model's weights by names relative to a layer, each with the shape it must have.
///
/// The views it hands out point into the mapped file; nothing is copied.
struct WeightReader {
  let checkpoint: Checkpoint
  private var layer: TensorName?

  init(checkpoint: Checkpoint) { self.init(checkpoint, nil) }

  private init(_ checkpoint: Checkpoint, _ layer: TensorName?) {
    (self.checkpoint, self.layer) = (checkpoint, layer)
  }

  /// The reader of a part of this part.
  subscript(_ part: TensorName.Part) -> WeightReader { WeightReader(checkpoint, name(part)) }

  /// The reader of a block.
  func block(_ index: Int) -> WeightReader { WeightReader(checkpoint, .block(index)) }

  /// `count` matrices [inputWidth, outputWidth] in panels, and their biases.
  func linear(
    _ part: TensorName.Part, count: Int? = nil, _ inputWidth: Int, _ outputWidth: Int, bias: Bool = true
  ) throws(CheckpointError) -> Linear {
    let stack = count.map { [$0] } ?? []
    let kernel = try checkpoint.tensor(
      "\(name(part)[.kernel])", shape: stack + [inputWidth, outputWidth], .panels)
    let weights = WeightStack(
      packed: kernel.bytes, element: kernel.type, count: count ?? 1, inputWidth: inputWidth,
      outputWidth: outputWidth, owner: kernel.file)
    return Linear(
      weights: weights, bias: bias ? try self[part].vectors(.bias, shape: stack + [outputWidth]) : nil)
  }

  /// A norm of the model's kind; the width is the model's unless another is given.
  func norm(
    _ part: TensorName.Part, _ model: ModelConfiguration, width: Int? = nil, shift: Bool = true
  ) throws(CheckpointError) -> LayerNorm {
    let shape = [width ?? model.width]
    return LayerNorm(
      scale: try self[part].vectors(.scale, shape: shape),
      shift: shift && model.norm == .layer ? try self[part].vectors(.bias, shape: shape) : nil,
      epsilon: model.normEpsilon, isCentered: model.norm == .layer)
  }

  /// Float vectors [width] or [count, width].
  func vectors(_ part: TensorName.Part, shape: [Int]) throws(CheckpointError) -> WeightVectors {
    let tensor = try checkpoint.tensor("\(name(part))", shape: shape, types: [.f32])
    let width = shape.last ?? 1
    return WeightVectors(bytes: tensor.bytes, count: tensor.count / width, width: width, owner: tensor.file)
  }

  private func name(_ part: TensorName.Part) -> TensorName { layer?[part] ?? TensorName(part) }
}
