import Inference
import Testing

@Suite struct FairQueueTests {
  @Test func smallPiecesOfNewcomersGoBeforeLargeOnes() {
    var queue = FairQueue()
    queue.add(1, cost: 10)
    queue.add(2, cost: 1)
    queue.add(3, cost: 1)
    #expect([queue.next(), queue.next(), queue.next(), queue.next()] == [2, 3, 1, nil])
  }

  @Test func whatDoesNotFitKeepsItsTurn() {
    var queue = FairQueue()
    for id in 1...4 { queue.add(id, cost: Double(id)) }
    #expect(queue.next { $0 > 2 } == 3)
    #expect(queue.next { $0 > 4 } == nil)
    #expect([queue.next(), queue.next(), queue.next()] == [1, 2, 4])
  }

  /// Also with far more pieces forgotten than wait.
  @Test func forgottenPiecesAreNotTaken() {
    var queue = FairQueue()
    for id in 1...10_000 { queue.add(id, cost: 1) }
    for id in 1...10_000 where !id.isMultiple(of: 1000) { queue.forget(id) }
    #expect((1...11).map { _ in queue.next() } == (1...10).map { $0 * 1000 } + [nil])
    queue.add(7, cost: 1)
    queue.forget(7)
    queue.add(7, cost: 1)
    #expect([queue.next(), queue.next()] == [7, nil])
  }
}

@Suite struct CappedSumTests {
  /// Beside the sum made number by number: never less, exact away from the limit's own power of two.
  @Test func isTheSumOfWhatEachMayTake() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<100 {
      var sum = CappedSum()
      var numbers: [Double] = []
      for _ in 0..<200 {
        let new =
          Double.random(in: 0..<1, using: &generator) * [0.01, 1, 100].randomElement(using: &generator)!
        let old = numbers.count > 50 ? numbers.removeFirst() : 0
        numbers.append(new)
        sum.replace(old, by: new)
      }
      for limit in [0, 1e-3, 0.7, 1, 33, 1000] {
        let exact = numbers.reduce(0) { $0 + min($1, limit) }
        let total = sum.total(upTo: limit)
        #expect(total >= exact * (1 - 1e-9) - 1e-9 && total <= 2 * exact + 1e-9)
      }
      #expect(abs(sum.total(upTo: 1e6) - numbers.reduce(0, +)) < 1e-9)
    }
  }

  @Test func nothingIsLeftOfNothing() {
    var sum = CappedSum()
    sum.replace(0, by: 0.1)
    sum.replace(0, by: 0.2)
    sum.replace(0.1, by: 0)
    sum.replace(0.2, by: 0)
    #expect(sum.total(upTo: 5) == 0)
  }
}
