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

  /// Each layer's weights are there when the observer is called, and the summaries are what they say.
  @Test func anObserverSeesEachLayersWeights() throws {
    let model = try bundled()
    let (layers, tokens) = (model.configuration.moeLayers.count, model.configuration.tokenCount)
    let slots = try #require(model.configuration.moe?.slotCount)
    var workspace = try Workspace(
      for: model.configuration, maxImageCount: 2, threads: ThreadPool(threadCount: 2),
      kernels: KernelSet(.auto))
    for (index, image) in noiseImages(2, model.configuration).enumerated() {
      model.load(image, at: index, &workspace)
    }
    let watcher = Watcher(try RoutingSummaries(for: model.configuration, maxImageCount: 2))
    model.forward(imageCount: 2, &workspace, observer: watcher)
    let observed = workspace.logits(of: 1)
    model.forward(imageCount: 2, &workspace)
    #expect(workspace.logits(of: 1) == observed)
    #expect(watcher.weights.map(\.layer) == Array(0..<layers))
    for (layer, dispatch, combine) in watcher.weights {
      let routing = watcher.storage.routing(of: 1, layer: layer)
      for slot in 0..<slots {
        let column = (0..<tokens).map { Double(dispatch[$0 * slots + slot]) }
        let entropy = -column.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
        let mass = (0..<tokens).reduce(0) { $0 + Double(combine[$1 * slots + slot]) } / Double(tokens)
        #expect(abs(column.reduce(0, +) - 1) < 1e-5)
        #expect(abs(Double(routing.effectiveTokens[slot]) - exp(entropy)) < 1e-3)
        #expect(abs(Double(routing.largestDispatch[slot]) - (column.max() ?? 0)) < 1e-6)
        #expect(abs(Double(routing.slotMass[slot]) - mass) < 1e-6)
      }
      for token in 0..<tokens {
        let row = token * slots..<(token + 1) * slots
        let read = dispatch[row].reduce(0) { $0 + Double($1) } * Double(tokens) / Double(slots)
        #expect(abs(combine[row].reduce(0, +) - 1) < 1e-5)
        #expect(abs(Double(routing.tokenContribution[token]) - read) < 1e-5)
      }
    }
  }
}

/// Keeps the second image's weights of each layer.
private final class Watcher: RoutingObserver {
  let storage: RoutingSummaries
  private(set) var weights: [(layer: Int, dispatch: [Float], combine: [Float])] = []

  init(_ storage: RoutingSummaries) { self.storage = storage }

  var summaries: RoutingSummaries? { storage }

  func observe(layer: Int, _ workspace: borrowing Workspace) {
    weights.append((layer, workspace.dispatchWeights(of: 1), workspace.combineWeights(of: 1)))
  }
}
