import Testing

import MicroHTTP

@Suite struct BodyBufferTests {
  private let piece = [UInt8](repeating: 7, count: 10_000)

  private func append(_ count: Int, to buffer: inout BodyBuffer) throws {
    try piece.prefix(count).withUnsafeBytes { bytes in try buffer.append(bytes) }
  }

  @Test func aDeclaredBodyIsReservedAtOnceAndGrowsAsItComes() throws {
    let budget = ByteBudget(capacity: 100 << 20)
    var buffer = try BodyBuffer(.length(40 << 20), limit: 40 << 20, budget: budget)
    #expect(budget.used == 40 << 20 && buffer.bytes.capacity == 0)
    while buffer.bytes.count + piece.count <= 40 << 20 {
      try append(piece.count, to: &buffer)
      // The allocator rounds up to a page.
      #expect(buffer.bytes.capacity <= min(40 << 20, 2 * buffer.bytes.count + 1 << 20) + 8192)
    }
    #expect(budget.used == 40 << 20)
    #expect(throws: HTTPRefusal.self) { try append(piece.count, to: &buffer) }
  }

  @Test func aChunkedBodyGrowsItsReservation() throws {
    let budget = ByteBudget(capacity: 1 << 20)
    var buffer = try BodyBuffer(.chunked, limit: 400_000, budget: budget)
    #expect(budget.used == 64 << 10)
    for _ in 0..<40 {
      try append(piece.count, to: &buffer)
      #expect(buffer.bytes.count <= budget.used && budget.used <= max(64 << 10, 2 * buffer.bytes.count))
      #expect(buffer.bytes.capacity <= budget.used + 8192)
    }
    #expect(budget.used == 400_000 && buffer.bytes.count == 400_000)
    let error = #expect(throws: HTTPRefusal.self) { try append(1, to: &buffer) }
    #expect(error?.status == 413)
  }

  @Test func aBudgetThatIsUsedUpRefuses() throws {
    let budget = ByteBudget(capacity: 300_000)
    let refusal = #expect(throws: HTTPRefusal.self) {
      try BodyBuffer(.length(150_001), limit: 1 << 20, budget: budget)
    }
    #expect(refusal?.status == 503 && refusal?.errorType == "overloaded" && refusal?.retryAfterSeconds == 1)
    var buffer = try BodyBuffer(.chunked, limit: 1 << 20, budget: budget)
    let error = #expect(throws: HTTPRefusal.self) {
      for _ in 0..<30 { try append(piece.count, to: &buffer) }
    }
    #expect(error?.status == 503)
  }

  @Test func withoutABudgetOnlyTheLimitCounts() throws {
    var buffer = try BodyBuffer(.chunked, limit: 25_000, budget: nil)
    try append(10_000, to: &buffer)
    try append(10_000, to: &buffer)
    #expect(throws: HTTPRefusal.self) { try append(10_000, to: &buffer) }
    #expect(buffer.bytes == [UInt8](repeating: 7, count: 20_000))
    #expect(try BodyBuffer(.none, limit: 25_000, budget: nil).reservedByteCount == 0)
  }
}
