extension Tensor {
  /// The first stored number that is NaN or infinite: one that would make every answer NaN.
  ///
  /// - Returns: its byte, counted from the tensor's first, and its value.
  /// - Cost: one read of the tensor, 16 elements at a time.
  public func firstNonFinite() -> (offset: Int, value: Float)? {
    // All exponent bits set: infinity or NaN.
    switch type {
    case .f32:
      return first(withAllBits: UInt32(0x7F80_0000), in: 0..<byteCount).map { ($0, float32(at: $0)) }
    case .bf16: return first(withAllBits: UInt16(0x7F80), in: 0..<byteCount).map { ($0, stored($0 / 2)) }
    case .f16: return first(withAllBits: UInt16(0x7C00), in: 0..<byteCount).map { ($0, stored($0 / 2)) }
    case .int8:
      // Integers can be nothing else; the scales at the end of each panel can.
      let scales = Arrangement.panelWidth * 4
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
    return count / (k * c) * ((c - 1) / Arrangement.panelWidth + 1)
  }

  private func first<Bits: FixedWidthInteger & SIMDScalar>(withAllBits mask: Bits, in range: Range<Int>)
    -> Int?
  {
    let (bytes, size) = (bytes, MemoryLayout<Bits>.size)
    func hasMask(_ offset: Int) -> Bool {
      bytes.loadUnaligned(fromByteOffset: offset, as: Bits.self) & mask == mask
    }
    let whole = range.lowerBound + range.count / (16 * size) * (16 * size)
    for start in stride(from: range.lowerBound, to: whole, by: 16 * size) {
      let elements = bytes.loadUnaligned(fromByteOffset: start, as: SIMD16<Bits>.self)
      if any((elements & mask) .== SIMD16(repeating: mask)) {
        return stride(from: start, to: start + 16 * size, by: size).first(where: hasMask)
      }
    }
    return stride(from: whole, to: range.upperBound, by: size).first(where: hasMask)
  }
}
