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

/// A fixed number of threads that share the jobs of one caller at a time; the caller is one of them.
///
/// Between two pieces of work a thread watches for the next for some microseconds, as in a forward pass one
/// kernel follows another, and then sleeps: an idle pool takes no processor time.
final class ThreadPool: @unchecked Sendable {
  // @unchecked: `work`, `type` and `jobCount` are written while the gate is shut and read while it is open.

  private let scratch: [Scratch]
  private let workers: [Worker]
  private let shared = Shared()

  private final class Shared: @unchecked Sendable {
    /// Bit 63: open. Bits 32…62: which piece of work this is. Low bits: workers inside.
    let gate = Atomic<UInt64>(0)
    let nextJob = Atomic(0)
    let isStopping = Atomic(false)
    var work = UnsafeRawPointer(bitPattern: 1)
    var type: (any ParallelWork.Type)?
    var jobCount = 0

    func runJobs(_ scratch: Scratch) {
      guard let work, let type else { return }
      while true {
        let job = nextJob.wrappingAdd(1, ordering: .relaxed).oldValue
        guard job < jobCount else { return }
        type.run(at: work, job: job, scratch)
      }
    }
  }

  private final class Worker: @unchecked Sendable {
    let isAsleep = Atomic(false)
    let bell = DispatchSemaphore(value: 0)
    let shared: Shared
    let scratch: Scratch
    var thread = pthread_t()

    init(_ shared: Shared, _ scratch: Scratch) { (self.shared, self.scratch) = (shared, scratch) }

    func loop() {
      var seen: UInt64 = 0
      while !shared.isStopping.load(ordering: .acquiring) {
        if enter(&seen) {
          shared.runJobs(scratch)
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
  init(scratch: [Scratch]) {
    self.scratch = scratch
    workers = scratch.dropFirst().map { [shared] in Worker(shared, $0) }
    for worker in workers {
      let status = pthread_create(
        &worker.thread, nil,
        { context in
          guard let context else { return nil }
          processor_name_this_thread("softmoe-engine")
          Unmanaged<Worker>.fromOpaque(context).takeRetainedValue().loop()
          return nil
        }, Unmanaged.passRetained(worker).toOpaque())
      require(status == 0, "the system gives no more threads; fewer fit --threads")
    }
  }

  deinit {
    shared.isStopping.store(true, ordering: .sequentiallyConsistent)
    for worker in workers {
      worker.wake()
      pthread_join(worker.thread, nil)
    }
  }

  /// Runs every job and returns when all are done.
  func run<Work: ParallelWork>(_ work: Work, jobs: Int) {
    guard jobs > 1, !workers.isEmpty else {
      for job in 0..<jobs { work.run(job: job, scratch[0]) }
      return
    }
    withUnsafePointer(to: work) { pointer in
      (shared.work, shared.type, shared.jobCount) = (UnsafeRawPointer(pointer), Work.self, jobs)
      shared.nextJob.store(0, ordering: .relaxed)
      let number = (number(shared.gate.load(ordering: .relaxed)) + 1) & 0x7FFF_FFFF
      shared.gate.store(openBit | number << 32, ordering: .sequentiallyConsistent)
      for worker in workers.prefix(jobs - 1) { worker.wake() }
      shared.runJobs(scratch[0])
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
}

private let openBit: UInt64 = 1 << 63
private func isOpen(_ gate: UInt64) -> Bool { gate & openBit != 0 }
private func number(_ gate: UInt64) -> UInt64 { gate >> 32 & 0x7FFF_FFFF }
/// Some tens of microseconds.
private let watchedPauses = 1_000

/// One worker's scratch memory.
final class Scratch: @unchecked Sendable {
  // @unchecked: one worker at a time has it.
  let count: Int
  let base: UnsafeMutablePointer<Float>

  init(count: Int) {
    self.count = count
    base = allocateFloats(count)
  }

  deinit { base.deallocate() }
}
