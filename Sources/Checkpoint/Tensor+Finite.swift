extension Tensor {
  /// The first stored number that is NaN or infinite: one that would make every answer NaN.
  ///
  /// - Returns: its byte, counted from the tensor's first, and its value.
  /// - Cost: one read of the tensor, at the speed of memory.
  package func firstNonFinite() -> (offset: Int, value: Float)? {
    // All exponent bits set: infinity or NaN.
    switch type {
    case .f32:
      return first(withAllBits: UInt32(0x7F80_0000), in: 0..<byteCount).map { ($0, float32(at: $0)) }
    case .bf16: return first(withAllBits: UInt16(0x7F80), in: 0..<byteCount).map { ($0, stored($0 / 2)) }
    case .f16: return first(withAllBits: UInt16(0x7C00), in: 0..<byteCount).map { ($0, stored($0 / 2)) }
    case .int8:
      // Integers can be nothing else; the scales at the end of each panel can.
      let scales = PanelLayout.scaleByteCount(type)
      let panel = byteCount / max(1, panelCount)
      for end in stride(from: panel, through: byteCount, by: panel) {
        if let offset = first(withAllBits: UInt32(0x7F80_0000), in: end - scales..<end) {
          return (offset, float32(at: offset))
        }
      }
      return nil
    }
  }

  private func float32(at offset: Int) -> Float {
    bytes.loadUnaligned(fromByteOffset: offset, as: Float.self)
  }

  private var panelCount: Int {
    guard let (k, c) = Arrangement.matrix(of: shape) else { return 1 }
    return count / (k * c) * PanelLayout.count(columns: c)
  }

  /// A block at a time: its largest exponent is found without a branch, many elements at once.
  private func first<Bits: FixedWidthInteger>(withAllBits mask: Bits, in range: Range<Int>) -> Int? {
    let (size, blockCount) = (MemoryLayout<Bits>.size, 4096)
    let bytes = UnsafeRawBufferPointer(rebasing: bytes[range])
    func exponent(_ index: Int) -> Bits {
      // In the range: the unchecked product is what lets the compiler vectorise.
      bytes.loadUnaligned(fromByteOffset: index &* size, as: Bits.self) & mask
    }
    let count = range.count / size
    for start in stride(from: 0, to: count, by: blockCount) {
      let block = start..<min(count, start + blockCount)
      if block.reduce(0, { max($0, exponent($1)) }) == mask {
        return block.first { exponent($0) == mask }.map { range.lowerBound + $0 * size }
      }
    }
    return nil
  }
}
