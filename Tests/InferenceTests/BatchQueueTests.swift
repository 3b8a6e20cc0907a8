import Inference
import Testing

@Suite struct BatchQueueTests {
  private func run(_ queue: inout BatchQueue<Int>, unwanted: Set<Int> = []) -> [Int]? {
    queue.next { !unwanted.contains($0) }
  }

  @Test func aLoneRequestRunsAtOnce() {
    var queue = BatchQueue<Int>(maxBatch: 8)
    queue.enqueue([1])
    #expect(queue.imageCount == 1 && queue.first == 1)
    #expect(run(&queue) == [1])
    #expect(queue.imageCount == 0 && queue.first == nil)
  }

  @Test func whatArrivesDuringABatchBecomesTheNext() {
    var queue = BatchQueue<Int>(maxBatch: 3)
    queue.enqueue([0])
    #expect(run(&queue) == [0])
    (1...5).forEach { queue.enqueue([$0]) }
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
    queue.enqueue([0, 1])
    queue.enqueue([2])
    var order: [Int] = []
    while let batch = run(&queue) {
      #expect(batch.count == 1)
      order += batch
      queue.finished()
    }
    #expect(order == [0, 2, 1])
  }

  @Test func requestsThatNobodyWantsDoNotRunAndDoNotFillABatch() {
    var queue = BatchQueue<Int>(maxBatch: 2)
    (0..<5).forEach { queue.enqueue([$0]) }
    #expect(run(&queue, unwanted: [0, 2]) == [1, 3])
    queue.finished()
    #expect(run(&queue, unwanted: [4]) == nil)
    #expect(!queue.isRunning && queue.imageCount == 0)
  }

  @Test func aLoneLargeRequestFillsBatches() {
    var queue = BatchQueue<Int>(maxBatch: 8)
    queue.enqueue(Array(0..<20))
    #expect(run(&queue) == Array(0..<8))
    queue.finished()
    #expect(run(&queue) == Array(8..<16))
    queue.finished()
    #expect(run(&queue) == Array(16..<20))
  }

  /// Two requests of 64 images before it don't make a small one wait for sixteen batches.
  @Test func largeAndSmallRequestsTakeTurns() {
    var queue = BatchQueue<Int>(maxBatch: 8)
    queue.enqueue(Array(0..<64))
    queue.enqueue(Array(100..<164))
    queue.enqueue([1000])
    #expect(run(&queue) == [0, 1, 100, 101, 1000, 2, 3, 102])
    queue.finished()
    // A turn that a full batch cut short is over: nobody gets two in a row for it.
    #expect(run(&queue)?.count == 8)
    var seen = 16
    queue.finished()
    while let batch = run(&queue) {
      // Under a stream of small requests the large ones go on.
      seen += batch.count
      queue.finished()
    }
    #expect(seen == 129)
  }
}
