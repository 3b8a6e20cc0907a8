import MicroHTTP
import Testing

@Suite struct ByteBudgetTests {
  @Test func aReservationTakesAtMostHalfOfWhatIsFree() throws {
    let budget = ByteBudget(capacity: 1000)
    #expect(budget.reserve(501) == nil)
    let first = try #require(budget.reserve(500))
    #expect(budget.reserve(251) == nil)
    let second = try #require(budget.reserve(250))
    #expect(budget.used == 750)
    #expect(budget.reserve(126) == nil && budget.used == 750)
    withExtendedLifetime((first, second)) {}
  }

  @Test func whatIsHeldIsGivenBackOnce() throws {
    let budget = ByteBudget(capacity: 1000)
    var hold = budget.reserve(100)
    let other = hold
    hold = nil
    #expect(budget.used == 100 && other?.byteCount == 100)
    #expect(try #require(other).grow(by: 450))
    #expect(budget.used == 550)
    #expect(try !#require(other).grow(by: 226))
    #expect(budget.used == 550 && other?.byteCount == 550)
    do { _ = try #require(budget.reserve(0)) }
    #expect(budget.used == 550)
  }

  @Test func everythingComesBack() throws {
    let budget = ByteBudget(capacity: 1000)
    do {
      let body = HTTPBody([1, 2, 3], hold: budget.reserve(3))
      #expect(budget.used == 3 && body.bytes == [1, 2, 3])
    }
    #expect(budget.used == 0)
  }

  /// Reservations from many threads at once neither exceed the capacity nor get lost.
  @Test func threadsShareIt() {
    let budget = ByteBudget(capacity: 10_000)
    let threads = (0..<4).map { seed in
      TestThread {
        for step in 0..<5000 {
          guard let hold = budget.reserve((step * 37 + seed) % 3000) else { continue }
          _ = hold.grow(by: 10)
        }
      }
    }
    for thread in threads { thread.join() }
    #expect(budget.used == 0)
  }
}
