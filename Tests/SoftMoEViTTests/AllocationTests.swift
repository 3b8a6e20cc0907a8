import CAllocationCounter
import Checkpoint
import Foundation
import SoftMoEViT
import TestSupport
import Testing

@Suite(.enabled(if: allocations_are_counted())) struct AllocationTests {
  @Test(arguments: [1, 2, 4]) func aForwardPassAllocatesNothing(_ threadCount: Int) throws {
    let path = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    try expectNoAllocation(of: try SoftMoEViT(Checkpoint(path: path)), threadCount)
  }

  @Test(arguments: OptionalModel.all) func rareOptionsAllocateNothing(_ model: OptionalModel) throws {
    // On this thread alone: which new threads are ours is hard to say while other cases start theirs.
    try expectNoAllocation(of: try model.open(), 1)
  }

  private func expectNoAllocation(of model: SoftMoEViT, _ threadCount: Int) throws {
    // Other tests start engines too: only where nobody else did are the new threads ours.
    var workers: Set<Int32> = []
    repeat {
      let others = try engineThreads()
      let threads = try ThreadPool(threadCount: threadCount)
      var workspace = try Workspace(
        for: model.configuration, maxImageCount: 4, threads: threads, kernels: KernelSet(.auto))
      let summaries = try RoutingSummaries(for: model.configuration, maxImageCount: 4)
      workers = try engineThreads().subtracting(others)
      guard workers.count == threadCount - 1 else { continue }
      for (index, image) in noiseImages(4, model.configuration).enumerated() {
        model.load(image, at: index, &workspace)
      }
      model.forward(imageCount: 4, &workspace)
      model.forward(imageCount: 4, &workspace, observer: summaries)
      let allocators = workers.union([allocation_thread()])
      let before = allocators.reduce(0) { $0 + allocation_count($1) }
      for count in 1...4 {
        model.forward(imageCount: count, &workspace)
        model.forward(imageCount: count, &workspace, observer: summaries)
      }
      let after = allocators.reduce(0) { $0 + allocation_count($1) }
      #expect(after == before)
      // The counter counts.
      _ = workspace.logits(of: 0)
      #expect(allocation_count(allocation_thread()) > before)
    } while workers.count != threadCount - 1
  }

  /// The threads of this process that engines started.
  private func engineThreads() throws -> Set<Int32> {
    let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap {
      Int32($0)
    }
    return Set(
      tasks.filter {
        (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "softmoe-engine\n"
      })
  }
}
