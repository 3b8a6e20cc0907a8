import CProcessor
import Dispatch
import Glibc
import Synchronization

/// Work that is cut into jobs which may run at the same time.
///
/// A type and not a closure: a closure that other threads call must be copied to the heap, and a forward
/// pass allocates nothing.
protocol ParallelWork {
  /// Does one job.
  func run(job: Int, _ scratch: Scratch)
}

extension ParallelWork {
  fileprivate static func run(at work: UnsafeRawPointer, job: Int, _ scratch: Scratch) {
    work.assumingMemoryBound(to: Self.self).pointee.run(job: job, scratch)
  }
}

/// Floats that a thread may write while it does a job.
struct Scratch {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  /// The same memory for numbers of 32 bits, until floats are written to it again.
  var integers: UnsafeMutablePointer<Int32> {
    UnsafeMutableRawPointer(base).bindMemory(to: Int32.self, capacity: count)
  }

  /// That of another thread: each has as many, one after another.
  fileprivate func of(thread index: Int) -> Scratch { Scratch(base: base + index * count, count: count) }
}

/// The machine's threads for kernels: whoever owns the machine makes them once, and everything that computes
/// on it shares them.
///
/// Callers take turns, one piece of work after another; the caller is one of the threads that do it. Between
/// two pieces a thread watches for the next for some microseconds, as in a forward pass one kernel follows
/// another, and then sleeps: an idle pool takes no processor time.
public final class ThreadPool: @unchecked Sendable {
  // @unchecked: what is in `shared` is written by whose turn it is while the gate is shut, and read while it is
  // open.

  /// Threads that share a piece of work, the caller included.
  public let threadCount: Int
  private let workers: [Worker]
  private let shared = Shared()
  /// Whose turn it is.
  private let turn = Mutex(())

  private final class Shared: @unchecked Sendable {
    /// Bit 63: open. Bits 32…62: which piece of work this is. Low bits: workers inside.
    let gate = Atomic<UInt64>(0)
    let nextJob = Atomic(0)
    let isStopping = Atomic(false)
    var work = UnsafeRawPointer(bitPattern: 1)
    var type: (any ParallelWork.Type)?
    var jobCount = 0
    /// The caller's; the workers' follow it.
    var scratch: Scratch?

    func runJobs(thread index: Int) {
      guard let work, let type, let scratch = scratch?.of(thread: index) else { return }
      while true {
        let job = nextJob.wrappingAdd(1, ordering: .relaxed).oldValue
        guard job < jobCount else { return }
        type.run(at: work, job: job, scratch)
      }
    }
  }

  private final class Worker: @unchecked Sendable {
    // @unchecked: `thread` is written before the worker is shared.
    private let isAsleep = Atomic(false)
    private let bell = DispatchSemaphore(value: 0)
    private let shared: Shared
    private let index: Int
    private var thread = pthread_t()

    init(_ shared: Shared, index: Int) { (self.shared, self.index) = (shared, index) }

    /// Whether the system gave a thread.
    func start() -> Bool {
      let worker = Unmanaged.passRetained(self)
      let status = pthread_create(
        &thread, nil,
        { context in
          guard let context else { return nil }
          processor_name_this_thread("softmoe-engine")
          Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().loop()
          return nil
        }, worker.toOpaque())
      if status != 0 { worker.release() }
      return status == 0
    }

    func join() {
      wake()
      pthread_join(thread, nil)
    }

    private func loop() {
      var seen: UInt64 = 0
      while !shared.isStopping.load(ordering: .acquiring) {
        if enter(&seen) {
          shared.runJobs(thread: index)
          shared.gate.wrappingSubtract(1, ordering: .releasing)
        } else {
          sleepUnlessCalled(seen)
        }
      }
    }

    /// Watches for an open gate that leads to new work; false when none came in time.
    private func enter(_ seen: inout UInt64) -> Bool {
      for _ in 0..<watchedPauses {
        let gate = shared.gate.load(ordering: .acquiring)
        if isOpen(gate), number(gate) != seen {
          let (entered, _) = shared.gate.compareExchange(
            expected: gate, desired: gate + 1, ordering: .acquiringAndReleasing)
          if entered {
            seen = number(gate)
            return true
          }
        } else {
          processor_pause()
        }
      }
      return false
    }

    private func sleepUnlessCalled(_ seen: UInt64) {
      isAsleep.store(true, ordering: .sequentiallyConsistent)
      let gate = shared.gate.load(ordering: .sequentiallyConsistent)
      let isCalled = isOpen(gate) && number(gate) != seen || shared.isStopping.load(ordering: .acquiring)
      // Whoever takes the flag down rings the bell, so a bell that was rung must be heard.
      if isCalled, isAsleep.exchange(false, ordering: .sequentiallyConsistent) { return }
      bell.wait()
    }

    func wake() {
      if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
    }
  }

  /// Starts the threads.
  ///
  /// - Parameter threadCount: at least 1, which is the caller alone.
  /// - Throws: `MachineError.threads` when the system gives fewer; those that it gave have ended then.
  public init(threadCount: Int) throws(MachineError) {
    require(threadCount >= 1, "at least one thread")
    self.threadCount = threadCount
    var workers: [Worker] = []
    for index in 1..<threadCount {
      let worker = Worker(shared, index: index)
      guard worker.start() else {
        Self.stop(workers, shared)
        throw .threads(expected: threadCount, found: index)
      }
      workers.append(worker)
    }
    self.workers = workers
  }

  deinit { Self.stop(workers, shared) }

  private static func stop(_ workers: [Worker], _ shared: Shared) {
    shared.isStopping.store(true, ordering: .sequentiallyConsistent)
    for worker in workers { worker.join() }
  }

  /// Runs every job and returns when all are done.
  ///
  /// - Parameter scratch: the caller's; as many Floats for each worker follow it.
  func run<Work: ParallelWork>(_ work: Work, jobs: Int, _ scratch: Scratch) {
    guard jobs > 1, !workers.isEmpty else {
      for job in 0..<jobs { work.run(job: job, scratch) }
      return
    }
    turn.withLock { _ in
      withUnsafePointer(to: work) { share(UnsafeRawPointer($0), Work.self, jobs, scratch) }
    }
  }

  private func share(
    _ work: UnsafeRawPointer, _ type: any ParallelWork.Type, _ jobs: Int, _ scratch: Scratch
  ) {
    (shared.work, shared.type, shared.jobCount, shared.scratch) = (work, type, jobs, scratch)
    shared.nextJob.store(0, ordering: .relaxed)
    let number = (number(shared.gate.load(ordering: .relaxed)) + 1) & 0x7FFF_FFFF
    shared.gate.store(openBit | number << 32, ordering: .sequentiallyConsistent)
    for worker in workers.prefix(jobs - 1) { worker.wake() }
    shared.runJobs(thread: 0)
    // Nobody else comes in; those inside finish their last job.
    var gate = shared.gate.bitwiseAnd(~openBit, ordering: .acquiringAndReleasing).newValue
    var pauses = 0
    while gate & 0xFFFF_FFFF != 0 {
      pauses += 1
      if pauses < watchedPauses { processor_pause() } else { sched_yield() }
      gate = shared.gate.load(ordering: .acquiring)
    }
  }
}

private let openBit: UInt64 = 1 << 63
private func isOpen(_ gate: UInt64) -> Bool { gate & openBit != 0 }
private func number(_ gate: UInt64) -> UInt64 { gate >> 32 & 0x7FFF_FFFF }
/// Some tens of microseconds.
private let watchedPauses = 1_000
