/// The inner loops of the resize, over pixels of 4 bytes: red, green, blue and one that does not matter.
///
/// Callers own the memory and answer for every bound; each function's comment states them.
enum ResampleLoops {
  /// The bias by which cutting fractions off rounds half up.
  static let rounding = Int32(1) << Int32(AxisWeights.precision - 1)
  /// The bias that only makes up for the weights' own rounding: 2⁻¹² of a grey step.
  static let cutting = Int32(1) << 10

  /// Widens a row to 16 bits with the pixels of each pair interleaved by channel, `R₀R₁G₀G₁B₀B₁X₀X₁`.
  /// - Parameters:
  ///   - row: 8 · `count` bytes.
  ///   - pairs: `count` vectors, overwritten.
  static func pair(_ row: UnsafePointer<UInt8>, into pairs: UnsafeMutablePointer<SIMD8<Int16>>, count: Int) {
    let raw = UnsafeRawPointer(row)
    for index in 0..<count {
      let pixels = raw.loadUnaligned(fromByteOffset: 8 &* index, as: SIMD8<UInt8>.self)
      var woven = SIMD8<UInt8>()
      woven.evenHalf = pixels.lowHalf
      woven.oddHalf = pixels.highHalf
      pairs[index] = SIMD8<Int16>(truncatingIfNeeded: woven)
    }
  }

  /// `output[i] = Σ weights[i] · pairs`, with `bias` cut and clipped to 8 bits.
  /// - Parameters:
  ///   - pairs: every pair that `firstPairs` and `bounds` reach.
  ///   - firstPairs: [outputs]
  ///   - bounds: [outputs + 1]
  ///   - table: 2 · `bounds[outputs]` vectors.
  ///   - outputs: pixels to write; `output` has 4 bytes for each.
  static func horizontal(
    _ pairs: UnsafePointer<SIMD8<Int16>>, firstPairs: UnsafePointer<Int>, bounds: UnsafePointer<Int>,
    table: UnsafePointer<SIMD8<Int16>>, outputs: Int, bias: Int32,
    into output: UnsafeMutablePointer<SIMD4<UInt8>>
  ) {
    for index in 0..<outputs {
      var pair = pairs + firstPairs[index]
      var weight = table + 2 &* bounds[index]
      let end = table + 2 &* bounds[index &+ 1]
      var high = SIMD4<Int32>.zero
      var low = SIMD4<Int32>.zero
      while weight < end {
        let pixels = pair.pointee
        high &+= sumOfProducts(pixels, weight[0])
        low &+= sumOfProducts(pixels, weight[1])
        pair += 1
        weight += 2
      }
      output[index] = cut(high, low, bias)
    }
  }

  /// `output[x] = Σ weights · rows[·][x]`, with `bias` cut and clipped to 8 bits.
  /// - Parameters:
  ///   - rows: start of row memory.
  ///   - offsets: [2 · `pairs`] bytes from there to each row.
  ///   - table: 2 · `pairs` vectors.
  ///   - blocks: blocks of 16 bytes in each row and in `output`, which is overwritten.
  static func vertical(
    _ rows: UnsafePointer<UInt8>, offsets: UnsafePointer<Int>, table: UnsafePointer<SIMD8<Int16>>,
    pairs: Int, blocks: Int, bias: Int32, into output: UnsafeMutablePointer<UInt8>
  ) {
    let raw = UnsafeRawPointer(rows)
    let target = UnsafeMutableRawPointer(output)
    for block in 0..<blocks {
      let column = 16 &* block
      var high = (SIMD4<Int32>.zero, SIMD4<Int32>.zero, SIMD4<Int32>.zero, SIMD4<Int32>.zero)
      var low = high
      for pair in 0..<pairs {
        let upper = raw.loadUnaligned(
          fromByteOffset: offsets[2 &* pair] &+ column, as: SIMD16<UInt8>.self)
        let lower = raw.loadUnaligned(
          fromByteOffset: offsets[2 &* pair &+ 1] &+ column, as: SIMD16<UInt8>.self)
        let highWeights = table[2 &* pair]
        let lowWeights = table[2 &* pair &+ 1]
        let first = woven(upper.lowHalf.lowHalf, lower.lowHalf.lowHalf)
        high.0 &+= sumOfProducts(first, highWeights)
        low.0 &+= sumOfProducts(first, lowWeights)
        let second = woven(upper.lowHalf.highHalf, lower.lowHalf.highHalf)
        high.1 &+= sumOfProducts(second, highWeights)
        low.1 &+= sumOfProducts(second, lowWeights)
        let third = woven(upper.highHalf.lowHalf, lower.highHalf.lowHalf)
        high.2 &+= sumOfProducts(third, highWeights)
        low.2 &+= sumOfProducts(third, lowWeights)
        let fourth = woven(upper.highHalf.highHalf, lower.highHalf.highHalf)
        high.3 &+= sumOfProducts(fourth, highWeights)
        low.3 &+= sumOfProducts(fourth, lowWeights)
      }
      target.storeBytes(of: cut(high.0, low.0, bias), toByteOffset: column, as: SIMD4<UInt8>.self)
      target.storeBytes(of: cut(high.1, low.1, bias), toByteOffset: column &+ 4, as: SIMD4<UInt8>.self)
      target.storeBytes(of: cut(high.2, low.2, bias), toByteOffset: column &+ 8, as: SIMD4<UInt8>.self)
      target.storeBytes(of: cut(high.3, low.3, bias), toByteOffset: column &+ 12, as: SIMD4<UInt8>.self)
    }
  }

  /// Two pixels interleaved by channel and widened.
  @inline(__always)
  private static func woven(_ first: SIMD4<UInt8>, _ second: SIMD4<UInt8>) -> SIMD8<Int16> {
    var bytes = SIMD8<UInt8>()
    bytes.evenHalf = first
    bytes.oddHalf = second
    return SIMD8<Int16>(truncatingIfNeeded: bytes)
  }

  /// `a[2i]·b[2i] + a[2i+1]·b[2i+1]`: one instruction on x86-64, two on arm64.
  @inline(__always)
  private static func sumOfProducts(_ a: SIMD8<Int16>, _ b: SIMD8<Int16>) -> SIMD4<Int32> {
    let products = SIMD8<Int32>(truncatingIfNeeded: a) &* SIMD8<Int32>(truncatingIfNeeded: b)
    return products.evenHalf &+ products.oddHalf
  }

  @inline(__always)
  private static func cut(_ high: SIMD4<Int32>, _ low: SIMD4<Int32>, _ bias: Int32) -> SIMD4<UInt8> {
    let sum = (high &<< PackedWeights.lowBits) &+ low &+ bias
    let value = sum &>> Int32(AxisWeights.precision)
    let clipped = value.clamped(lowerBound: .zero, upperBound: SIMD4(repeating: 255))
    return SIMD4<UInt8>(truncatingIfNeeded: clipped)
  }
}
