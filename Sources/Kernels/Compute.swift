import KernelInterface

@_exported import enum KernelInterface.Activation
@_exported import enum CheckpointFormat.ElementType

/// Where kernels run: the machine's threads, and a scratch buffer for each, allocated once.
///
/// The kernels are its methods. One call at a time: whoever owns it confines it to one queue.
/// What is parallel here is split by rows, columns, heads, experts and images, never along a sum, so that
/// the number of threads changes no result's order of addition.
package final class Compute: @unchecked Sendable {
  // @unchecked: confined to one queue by its owner; a thread touches its own scratch alone.

  /// Threads that share a kernel's work.
  package let threads: ThreadPool
  /// The kernels in use.
  package let kernels: KernelSet
  /// A row a thread.
  private let scratch: Matrix
  var loops: any VectorKernels { kernels.loops }
  var threadCount: Int { threads.threadCount }

  /// - Parameter scratchCount: Floats of scratch a thread; see each kernel's `…Scratch`.
  /// - Throws: `MachineError.memory`.
  package init(threads: ThreadPool, kernels: KernelSet, scratchCount: Int) throws(MachineError) {
    (self.threads, self.kernels) = (threads, kernels)
    // Whole cache lines each.
    scratch = try Matrix(rows: threads.threadCount, columns: (scratchCount + 15) / 16 * 16)
    if kernels.openBLAS != nil { try OpenBLAS.requireRoom(threadCount: threads.threadCount) }
  }

  /// Bytes of scratch held.
  package var byteCount: Int { scratch.byteCount }

  /// Runs all jobs of a piece of work, each thread taking the next job that is free.
  func run(_ work: some ParallelWork, jobs: Int) {
    threads.run(work, jobs: jobs, Scratch(base: scratch.base, count: scratch.columnCount))
  }

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
    self.init(rows: rows, height: max(1, (rows + count - 1) / max(1, count)))
  }

  var count: Int { (rows + height - 1) / height }
  func range(_ index: Int) -> Range<Int> { index * height..<min(rows, (index + 1) * height) }
}
