extension Tensor {
  /// The first element that is NaN or infinite: one that would make every answer NaN.
  ///
  /// - Cost: one read of the tensor, 16 elements at a time.
  public func firstNonFinite() -> (index: Int, value: Float)? {
    // All exponent bits set: infinity or NaN.
    let index =
      switch type {
      case .f32: firstElement(withAllBits: UInt32(0x7F80_0000))
      case .bf16: firstElement(withAllBits: UInt16(0x7F80))
      case .f16: firstElement(withAllBits: UInt16(0x7C00))
      }
    return index.map { ($0, self[$0]) }
  }

  private func firstElement<Bits: FixedWidthInteger & SIMDScalar>(withAllBits mask: Bits) -> Int? {
    let (bytes, size) = (bytes, MemoryLayout<Bits>.size)
    func hasMask(_ index: Int) -> Bool {
      bytes.loadUnaligned(fromByteOffset: index * size, as: Bits.self) & mask == mask
    }
    let whole = count & ~15
    for start in stride(from: 0, to: whole, by: 16) {
      let elements = bytes.loadUnaligned(fromByteOffset: start * size, as: SIMD16<Bits>.self)
      if any((elements & mask) .== SIMD16(repeating: mask)) {
        return (start..<start + 16).first(where: hasMask)
      }
    }
    return (whole..<count).first(where: hasMask)
  }
}
