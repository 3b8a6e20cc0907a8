import COpenBLAS
import Dispatch
import Synchronization

/// Where kernels run: a number of threads and a scratch buffer for each, allocated once.
///
/// The kernels are its methods. One call at a time: whoever owns it confines it to one queue.
/// OpenBLAS keeps to one thread of its own; concurrent callers of its threaded code would lose half
/// of its speed. What is parallel here is split by columns, heads, experts and images, never along a
/// sum, so that the number of threads changes no result's order of addition.
public final class Compute: @unchecked Sendable {
  // @unchecked: confined to one queue by its owner; a worker touches its own scratch alone.

  /// Threads that share a kernel's work.
  public let threadCount: Int
  private let scratch: [Scratch]

  /// - Parameters:
  ///   - threadCount: at least 1.
  ///   - scratchCount: Floats of scratch a thread; see each kernel's `…Scratch`.
  public init(threadCount: Int, scratchCount: Int) {
    require(threadCount >= 1, "at least one thread")
    openblas_set_num_threads(1)
    self.threadCount = threadCount
    scratch = (0..<threadCount).map { _ in Scratch(count: scratchCount) }
  }

  /// Bytes of scratch held.
  public var byteCount: Int { scratch.reduce(0) { $0 + $1.count * 4 } }

  /// Runs `body` once for each job, each worker taking the next job that is free.
  func parallel(jobs: Int, _ body: @Sendable (_ job: Int, _ scratch: Scratch) -> Void) {
    let workers = min(threadCount, jobs)
    guard workers > 1 else {
      for job in 0..<jobs { body(job, scratch[0]) }
      return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      while true {
        let job = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard job < jobs else { break }
        body(job, scratch[worker])
      }
    }
  }

  /// Like `parallel`, over ranges of rows; too little work for two threads stays on this one.
  func parallel(rows: Int, columns: Int, _ body: @Sendable (Range<Int>) -> Void) {
    let isSmall = rows * columns < 16_384
    let block = isSmall ? max(rows, 1) : 16
    parallel(jobs: (rows + block - 1) / block) { job, _ in
      body(job * block..<min(rows, (job + 1) * block))
    }
  }

  /// Columns split evenly between the threads in steps of 16, whatever the batch.
  func columnChunks(of columns: Int) -> (count: Int, width: Int) {
    let width = max(16, (columns + threadCount * 16 - 1) / (threadCount * 16) * 16)
    return ((columns + width - 1) / width, width)
  }
}

/// One worker's scratch memory.
final class Scratch: @unchecked Sendable {
  let count: Int
  let base: UnsafeMutablePointer<Float>

  init(count: Int) {
    self.count = count
    base = allocateFloats(count)
  }

  deinit { base.deallocate() }
}
