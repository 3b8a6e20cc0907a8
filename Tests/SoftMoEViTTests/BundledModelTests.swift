import Checkpoint
import Foundation
import SoftMoEViT
import TestSupport
import Testing

/// Deterministic images in the range of normalised pixels.
func noiseImages(_ count: Int, _ model: ModelConfiguration) -> [[Float]] {
  (0..<count).map { image in
    (0..<model.imageHeight * model.imageWidth * 3).map {
      Float(sin(Double($0 * (image + 3)) * 0.37) * cos(Double($0) * 0.011) * 2)
    }
  }
}

@Suite struct BundledModelTests {
  private func bundled() throws -> SoftMoEViT {
    try SoftMoEViT(Checkpoint(path: packageRoot.appending(path: "models/cifar10-softmoe.smoe").path))
  }

  @Test func slotMassSumsToOneAndEffectiveTokensAreInRange() throws {
    let model = try bundled()
    let images = noiseImages(3, model.configuration)
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: 4, threads: ThreadPool(threadCount: 2),
      kernels: KernelSet(.auto))
    let summaries = try RoutingSummaries(for: model.configuration, maxImageCount: 4)
    for (index, image) in images.enumerated() { model.load(image, at: index, &workspace) }
    model.forward(imageCount: 3, &workspace, observer: summaries)
    for image in images.indices {
      for layer in model.configuration.moeLayers.indices {
        let routing = summaries.routing(of: image, layer: layer)
        #expect(abs(routing.slotMass.reduce(0, +) - 1) < 1e-5)
        #expect(routing.effectiveTokens.allSatisfy { (0.999...64.001).contains($0) })
      }
    }
  }
}
