import Batching
import Testing

@Suite struct BatchQueueTests {
  private func run(_ queue: inout BatchQueue<Int>, unwanted: Set<Int> = []) -> [Int]? {
    var dropped: [Int] = []
    let action = queue.next(isWanted: { !unwanted.contains($0) }, drop: { dropped.append($0) })
    #expect(dropped.allSatisfy(unwanted.contains))
    if case .run(let batch) = action { return batch }
    return nil
  }

  @Test func aLoneRequestRunsAtOnce() {
    var queue = BatchQueue<Int>(maxBatch: 8)
    queue.enqueue(1)
    #expect(run(&queue) == [1])
  }

  @Test func whatArrivesDuringABatchBecomesTheNext() {
    var queue = BatchQueue<Int>(maxBatch: 3)
    queue.enqueue(0)
    #expect(run(&queue) == [0])
    (1...5).forEach { queue.enqueue($0) }
    #expect(run(&queue) == nil)
    queue.finished()
    #expect(run(&queue) == [1, 2, 3])
    queue.finished()
    #expect(run(&queue) == [4, 5])
    queue.finished()
    #expect(run(&queue) == nil)
  }

  @Test func aMaximumOfOneMeansOne() {
    var queue = BatchQueue<Int>(maxBatch: 1)
    (0..<3).forEach { queue.enqueue($0) }
    for expected in 0..<3 {
      #expect(run(&queue) == [expected])
      queue.finished()
    }
  }

  @Test func requestsThatNobodyWantsDoNotRunAndDoNotFillABatch() {
    var queue = BatchQueue<Int>(maxBatch: 2)
    (0..<5).forEach { queue.enqueue($0) }
    #expect(run(&queue, unwanted: [0, 2]) == [1, 3])
    queue.finished()
    #expect(run(&queue, unwanted: [4]) == nil)
    #expect(!queue.isRunning)
  }
}
