import CAllocationCounter
import Checkpoint
import SoftMoEViT
import TestSupport
import Testing

@Suite struct AllocationTests {
  @Test func aForwardPassAllocatesNothing() throws {
    let path = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    let model = try SoftMoEViT(Checkpoint(path: path))
    var workspace = Workspace(for: model.configuration, maxImageCount: 4, threadCount: 1)
    for (index, image) in noiseImages(4, model.configuration).enumerated() {
      model.load(image, at: index, &workspace)
    }
    // OpenBLAS takes its buffers at a thread's first products.
    model.forward(imageCount: 4, &workspace)
    let before = allocation_count()
    model.forward(imageCount: 4, &workspace)
    model.forward(imageCount: 1, &workspace)
    let count = allocation_count() - before
    #expect(count == 0)
    // The counter counts.
    _ = workspace.logits(of: 0)
    #expect(allocation_count() > before)
  }
}
