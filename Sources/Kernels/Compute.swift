import COpenBLAS
import KernelInterface

@_exported import enum KernelInterface.Activation
@_exported import enum CheckpointFormat.ElementType

/// Where kernels run: a number of threads and a scratch buffer for each, allocated once.
///
/// The kernels are its methods. One call at a time: whoever owns it confines it to one queue.
/// What is parallel here is split by rows, columns, heads, experts and images, never along a sum, so that
/// the number of threads changes no result's order of addition.
public final class Compute: @unchecked Sendable {
  // @unchecked: confined to one queue by its owner; a worker touches its own scratch alone.

  /// Threads that share a kernel's work.
  public let threadCount: Int
  /// The kernels in use.
  public let kernels: KernelSet
  /// Bytes of scratch held.
  public let byteCount: Int
  var loops: any VectorKernels { kernels.loops }
  private let pool: ThreadPool

  /// - Parameters:
  ///   - threadCount: at least 1.
  ///   - scratchCount: Floats of scratch a thread; see each kernel's `…Scratch`.
  public init(threadCount: Int, kernels: KernelSet, scratchCount: Int) {
    require(threadCount >= 1, "at least one thread")
    // Concurrent callers of OpenBLAS' own threads would lose half of its speed.
    openblas_set_num_threads(1)
    (self.threadCount, self.kernels) = (threadCount, kernels)
    byteCount = threadCount * scratchCount * 4
    pool = ThreadPool(scratch: (0..<threadCount).map { _ in Scratch(count: scratchCount) })
  }

  /// Runs all jobs of a piece of work, each worker taking the next job that is free.
  func run(_ work: some ParallelWork, jobs: Int) { pool.run(work, jobs: jobs) }

  /// Rows of the next steps' blocks: enough of them for every thread, unless there is little work in all.
  func rowBlocks(rows: Int, columns: Int) -> RowBlocks {
    RowBlocks(rows: rows, height: rows * columns < 16_384 ? max(1, rows) : 16)
  }
}

/// Rows cut into blocks of one height, the last one lower.
struct RowBlocks {
  let rows, height: Int

  init(rows: Int, height: Int) { (self.rows, self.height) = (rows, height) }

  /// Blocks of at most `tallest` rows, as many for each thread and nearly equal: nobody waits for a last one.
  init(rows: Int, tallest: Int, threadCount: Int) {
    let least = (rows + tallest - 1) / tallest
    let count = min(rows, (least + threadCount - 1) / threadCount * threadCount)
    self.init(rows: rows, height: (rows + count - 1) / max(1, count))
  }

  var count: Int { (rows + height - 1) / height }
  func range(_ index: Int) -> Range<Int> { index * height..<min(rows, (index + 1) * height) }
}
