import KernelInterface

/// A stack of equal matrices [n, k, c], packed in panels of 16 columns and read in place; n is 1 for a plain
/// matrix.
///
/// A read-only view: copying it copies no weight, and it keeps the memory's owner alive.
package struct WeightStack: @unchecked Sendable {
  // @unchecked: the memory is never written, and `owner` keeps it valid.

  /// n, how many matrices.
  package let count: Int
  /// k, the input width.
  package let inputWidth: Int
  /// c, the output width.
  package let outputWidth: Int
  /// How the numbers are stored.
  package let element: ElementType
  let base: UnsafeRawPointer
  let owner: any AnyObject & Sendable

  /// Views packed `bytes` as weights.
  ///
  /// - Parameters:
  ///   - bytes: [count, ⌈c/16⌉] panels as docs/checkpoint-format.md describes them.
  ///   - owner: keeps `bytes` valid and unchanged for as long as it lives.
  package init(
    packed bytes: UnsafeRawBufferPointer, element: ElementType, count: Int = 1, inputWidth: Int,
    outputWidth: Int, owner: any AnyObject & Sendable
  ) {
    guard let base = bytes.baseAddress else { fatalError("Kernels: a weight has bytes") }
    (self.count, self.inputWidth, self.outputWidth) = (count, inputWidth, outputWidth)
    (self.element, self.base, self.owner) = (element, base, owner)
    require(
      bytes.count == byteCount, "\(bytes.count) bytes for weights [\(count), \(inputWidth), \(outputWidth)]")
    require(Int(bitPattern: base) % 4 == 0, "weights are aligned")
  }

  /// Bytes of all the matrices.
  package var byteCount: Int { count * panelCount(outputWidth) * matrix(0).panelStride }

  func matrix(_ index: Int) -> PackedOperand {
    let first = PackedOperand(base: base, element: element, k: inputWidth)
    let offset = index * panelCount(outputWidth) * first.panelStride
    return PackedOperand(base: base + offset, element: element, k: inputWidth)
  }
}

/// A stack of equal vectors [n, c] of Float: biases, gains, embeddings; read in place.
package struct WeightVectors: @unchecked Sendable {
  // @unchecked: as for WeightStack.

  /// n, how many vectors.
  package let count: Int
  /// c, the width of each.
  package let width: Int
  let base: UnsafePointer<Float>
  let owner: any AnyObject & Sendable

  /// Views `bytes`, [count, width] of little-endian Float, as vectors; `owner` keeps them valid.
  package init(bytes: UnsafeRawBufferPointer, count: Int = 1, width: Int, owner: any AnyObject & Sendable) {
    guard let base = bytes.baseAddress else { fatalError("Kernels: a weight has bytes") }
    require(bytes.count == count * width * 4, "\(bytes.count) bytes for vectors [\(count), \(width)]")
    require(Int(bitPattern: base) % 4 == 0, "weights are aligned")
    (self.count, self.width, self.owner) = (count, width, owner)
    self.base = base.assumingMemoryBound(to: Float.self)
  }
}

/// `y = x·weights + bias`, the bias absent where the model has none.
package struct Linear: Sendable {
  /// [k, c].
  package let weights: WeightStack
  /// [c].
  package let bias: WeightVectors?

  /// One matrix and its bias, or as many of both as there are experts.
  package init(weights: WeightStack, bias: WeightVectors?) {
    if let bias {
      require(
        bias.width == weights.outputWidth && bias.count == weights.count, "a bias as wide as the output")
    }
    (self.weights, self.bias) = (weights, bias)
  }
}
