/// The bits of a lossless WebP, lowest first in each byte, and the symbols that prefix codes make of them.
struct VP8LBits {
  private let bytes: ByteReader
  private var offset: Int
  private var held = 0
  private var heldCount = 0

  /// Begins at byte `offset`.
  init(_ bytes: ByteReader, at offset: Int) { (self.bytes, self.offset) = (bytes, offset) }

  /// The next `count` bits, at most 24, as a number.
  /// - Throws: `.truncated` behind the last byte.
  mutating func read(_ count: Int) throws(ImageError) -> Int {
    while heldCount < count {
      guard let byte = bytes.byte(at: offset) else { throw .truncated(.webp) }
      held |= Int(byte) << heldCount
      heldCount += 8
      offset += 1
    }
    defer {
      held >>= count
      heldCount -= count
    }
    return held & (1 << count - 1)
  }

  mutating func readFlag() throws(ImageError) -> Bool { try read(1) == 1 }

  /// A symbol of the canonical code, whose bits come highest first.
  /// - Throws: `.corrupt` for bits that are no symbol.
  mutating func read(_ code: PrefixCode) throws(ImageError) -> Int {
    if let only = code.only { return only }
    // Counted as in zlib's puff.c: at each length the codes are consecutive numbers.
    var (value, first, index) = (0, 0, 0)
    for length in 1...PrefixCode.longest {
      value |= try read(1)
      let count = code.counts[length]
      if value - first < count { return code.symbols[index + value - first] }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw .corrupt(.webp, "its coded data make no sense")
  }

  /// A canonical prefix code: how many symbols have each length, and the symbols in order of length.
  struct PrefixCode {
    static let longest = 15
    private(set) var counts = [Int](repeating: 0, count: longest + 1)
    private(set) var symbols: [Int] = []
    /// The one symbol there is, which takes no bits.
    private(set) var only: Int?

    /// - Parameter lengths: of each symbol, 0 to 15; those of length 0 do not occur.
    /// - Throws: `.corrupt` when bits are left over or lacking.
    init(lengths: [Int]) throws(ImageError) {
      for length in lengths where length > 0 { counts[length] += 1 }
      for length in 1...Self.longest where counts[length] > 0 {
        for symbol in lengths.indices where lengths[symbol] == length { symbols.append(symbol) }
      }
      if symbols.count == 1 { only = symbols[0] }
      let used = (1...Self.longest).reduce(0) { $0 + counts[$1] << (Self.longest - $1) }
      guard only != nil || used == 1 << Self.longest else {
        throw .corrupt(.webp, "its coded data make no sense")
      }
    }
  }
}

extension VP8LBits {
  /// The order in which the lengths of the code of lengths come.
  private static let lengthOrder = [17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

  /// Reads a code of `symbolCount` symbols: WebP Lossless Bitstream Specification, 6.2.1.
  mutating func readCode(symbolCount: Int) throws(ImageError) -> PrefixCode {
    var lengths = [Int](repeating: 0, count: max(symbolCount, 256))
    if try readFlag() {
      let hasTwo = try readFlag()
      lengths[try read(try readFlag() ? 8 : 1)] = 1
      if hasTwo { lengths[try read(8)] = 1 }
      return try PrefixCode(lengths: lengths)
    }
    var lengthLengths = [Int](repeating: 0, count: Self.lengthOrder.count)
    for place in Self.lengthOrder.prefix(4 + (try read(4))) { lengthLengths[place] = try read(3) }
    let lengthCode = try PrefixCode(lengths: lengthLengths)
    var remaining = symbolCount
    if try readFlag() { remaining = 2 + (try read(2 + 2 * (try read(3)))) }
    guard remaining <= symbolCount else { throw .corrupt(.webp, "its coded data make no sense") }
    var (symbol, previous) = (0, 8)
    while symbol < symbolCount, remaining > 0 {
      remaining -= 1
      let length = try read(lengthCode)
      if length < 16 {
        lengths[symbol] = length
        symbol += 1
        if length > 0 { previous = length }
        continue
      }
      // 16 repeats the last length, 17 and 18 repeat 0.
      let count =
        switch length {
        case 16: 3 + (try read(2))
        case 17: 3 + (try read(3))
        default: 11 + (try read(7))
        }
      guard symbol + count <= symbolCount else { throw .corrupt(.webp, "its coded data make no sense") }
      if length == 16 { for place in symbol..<(symbol + count) { lengths[place] = previous } }
      symbol += count
    }
    return try PrefixCode(lengths: lengths)
  }
}
