/// How the numbers of a weight are stored.
public enum WeightElement: Sendable {
  /// IEEE 754 binary32.
  case f32
  /// bfloat16, widened to Float panel by panel as it is used.
  case bf16
  /// IEEE 754 binary16, widened in the same way.
  case f16

  var byteCount: Int {
    switch self {
    case .f32: 4
    case .bf16, .f16: 2
    }
  }
}

/// A stack of equal matrices [n, k, c], row-major, read in place; n is 1 for a plain matrix.
///
/// A read-only view: copying it copies no weight, and it keeps the memory's owner alive.
public struct WeightStack: @unchecked Sendable {
  // @unchecked: the memory is never written, and `owner` keeps it valid.

  /// n, how many matrices.
  public let count: Int
  /// k, the input width.
  public let inputWidth: Int
  /// c, the output width.
  public let outputWidth: Int
  /// How the numbers are stored.
  public let element: WeightElement
  let base: UnsafeRawPointer
  let owner: any AnyObject & Sendable

  /// Views `bytes`, [count, inputWidth, outputWidth], little-endian, as weights.
  ///
  /// - Parameter owner: keeps `bytes` valid and unchanged for as long as it lives.
  public init(
    bytes: UnsafeRawBufferPointer, element: WeightElement, count: Int = 1, inputWidth: Int, outputWidth: Int,
    owner: any AnyObject & Sendable
  ) {
    guard let base = bytes.baseAddress else { fatalError("Kernels: a weight has bytes") }
    require(
      bytes.count == count * inputWidth * outputWidth * element.byteCount,
      "\(bytes.count) bytes for weights [\(count), \(inputWidth), \(outputWidth)]")
    require(Int(bitPattern: base) % 4 == 0, "weights are aligned")
    (self.count, self.inputWidth, self.outputWidth) = (count, inputWidth, outputWidth)
    (self.element, self.base, self.owner) = (element, base, owner)
  }

  /// Weights with memory of their own, for what is computed when a model is loaded.
  public init(values: [Float], inputWidth: Int, outputWidth: Int) {
    let storage = FloatStorage(values)
    self.init(
      bytes: UnsafeRawBufferPointer(start: storage.base, count: values.count * 4), element: .f32,
      inputWidth: inputWidth, outputWidth: outputWidth, owner: storage)
  }

  /// Bytes of all the matrices.
  public var byteCount: Int { count * inputWidth * outputWidth * element.byteCount }

  func matrix(_ index: Int) -> UnsafeRawPointer {
    base + index * inputWidth * outputWidth * element.byteCount
  }
}

/// A stack of equal vectors [n, c] of Float: biases, gains, embeddings; read in place.
public struct WeightVectors: @unchecked Sendable {
  // @unchecked: as for WeightStack.

  /// n, how many vectors.
  public let count: Int
  /// c, the width of each.
  public let width: Int
  let base: UnsafePointer<Float>
  let owner: any AnyObject & Sendable

  /// Views `bytes`, [count, width] of little-endian Float, as vectors; `owner` keeps them valid.
  public init(bytes: UnsafeRawBufferPointer, count: Int = 1, width: Int, owner: any AnyObject & Sendable) {
    guard let base = bytes.baseAddress else { fatalError("Kernels: a weight has bytes") }
    require(bytes.count == count * width * 4, "\(bytes.count) bytes for vectors [\(count), \(width)]")
    require(Int(bitPattern: base) % 4 == 0, "weights are aligned")
    (self.count, self.width, self.owner) = (count, width, owner)
    self.base = base.assumingMemoryBound(to: Float.self)
  }

  /// Vectors with memory of their own.
  public init(values: [Float], count: Int = 1) {
    let storage = FloatStorage(values)
    self.init(
      bytes: UnsafeRawBufferPointer(start: storage.base, count: values.count * 4), count: count,
      width: values.count / count, owner: storage)
  }
}

/// `y = x·weights + bias`, the bias absent where the model has none.
public struct Linear: Sendable {
  /// [k, c].
  public let weights: WeightStack
  /// [c].
  public let bias: WeightVectors?

  /// One matrix and its bias, or as many of both as there are experts.
  public init(weights: WeightStack, bias: WeightVectors?) {
    if let bias {
      require(
        bias.width == weights.outputWidth && bias.count == weights.count, "a bias as wide as the output")
    }
    (self.weights, self.bias) = (weights, bias)
  }
}

/// Memory of computed weights, written once before it is shared.
private final class FloatStorage: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>

  init(_ values: [Float]) {
    base = allocateFloats(values.count)
    _ = UnsafeMutableBufferPointer(start: base, count: values.count).update(from: values)
  }

  deinit { base.deallocate() }
}
