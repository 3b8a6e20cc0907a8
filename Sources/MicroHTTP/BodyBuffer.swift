/// A body while it comes in, within its limit and its server's byte budget.
package struct BodyBuffer {
  /// What a body may take beyond what has arrived, and what a chunked one first reserves and grows by.
  private static let step = 1 << 20
  private static let chunkedStep = 64 << 10

  package private(set) var bytes: [UInt8] = []
  /// The reservation; nil without a budget.
  package let hold: ByteBudget.Hold?
  /// The declared length, or the largest that a chunked body may have.
  private let limit: Int
  private let isChunked: Bool

  /// Reserves what the body declares, or a chunked body's first step.
  /// - Parameters:
  ///   - framing: how the body ends; a declared length is within `limit`.
  ///   - limit: the largest body, in bytes.
  /// - Throws: the refusal for a budget that is used up.
  package init(_ framing: BodyFraming, limit: Int, budget: ByteBudget?) throws(HTTPRefusal) {
    let first: Int
    switch framing {
    case .none: (first, self.limit, isChunked) = (0, 0, false)
    case .length(let count): (first, self.limit, isChunked) = (count, count, false)
    case .chunked: (first, self.limit, isChunked) = (min(Self.chunkedStep, limit), limit, true)
    }
    guard let budget, first > 0 else {
      hold = nil
      return
    }
    guard let hold = budget.reserve(first) else { throw .outOfMemory }
    self.hold = hold
  }

  /// How many bytes are reserved, or will come; the memory that the body stands for.
  package var reservedByteCount: Int {
    hold?.byteCount ?? (isChunked ? bytes.capacity : limit)
  }

  /// Adds a piece of the body.
  ///
  /// The array's capacity stays within the reservation, and within twice what has arrived and 1 MiB: what a
  /// client only announces costs no memory.
  /// - Throws: the refusal for a body above its limit, or for a budget that is used up.
  package mutating func append(_ piece: UnsafeRawBufferPointer) throws(HTTPRefusal) {
    let count = bytes.count + piece.count
    guard count <= limit else { throw .payloadTooLarge(limit: limit) }
    if isChunked, let hold, count > hold.byteCount {
      // Doubling, as the array does, so that the reservation covers the array's growth.
      let wanted = min(limit, max(count, 2 * hold.byteCount))
      guard hold.grow(by: wanted - hold.byteCount) else { throw .outOfMemory }
    }
    if count > bytes.capacity {
      let most = isChunked ? hold?.byteCount ?? limit : limit
      bytes.reserveCapacity(min(most, max(count, 2 * bytes.count, Self.step)))
    }
    bytes.append(contentsOf: piece)
  }
}
