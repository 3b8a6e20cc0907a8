import Checkpoint
import SoftMoEViT

/// What a model computes for given pixels, written down for comparison with another framework.
///
/// Axes: n images, m tokens, e experts, p slots an expert.
///
///     pixels [n, 3, H, W], normalised  →  logits [n, c], features [n, …] (pooled, what the head reads),
///                                         dispatch.L and combine.L [n, m, e, p] for each Soft MoE block L
package struct ModelTrace {
  private let model: SoftMoEViT
  private let pixels: SourceTensor
  private var imageCount: Int { pixels.shape[0] }

  /// Opens a safetensors file with the tensor `pixels`.
  ///
  /// - Throws: `ImportError`, when it is not there or is no [n, 3, H, W] of the model's size.
  package init(of model: SoftMoEViT, pixels path: String) throws(ImportError) {
    let file: MappedFile
    do throws(CheckpointError) { file = try MappedFile(path: path) } catch { throw .checkpoint(error) }
    let tensors = try Safetensors.source(in: file, path: path).tensors
    let (height, width) = (model.configuration.imageHeight, model.configuration.imageWidth)
    guard let pixels = tensors.first(where: { $0.name == "pixels" }) else {
      throw .missing(name: "pixels", expected: "shape [n, 3, \(height), \(width)] in \(path)")
    }
    guard pixels.shape.count == 4, pixels.shape[0] > 0, pixels.shape[1...] == [3, height, width] else {
      throw .invalidSource(
        path: path,
        problem: "tensor 'pixels': expected shape [n, 3, \(height), \(width)], found \(pixels.shape)")
    }
    (self.model, self.pixels) = (model, pixels)
  }

  /// Runs the model over all images and writes the results, a batch at a time.
  ///
  /// - Throws: `ImportError.checkpoint` when the output can't be written, `.machine` when there is no memory; what
  ///   was at `path` stays then.
  package func write(to path: String, maxBatch: Int = 8, threads: ThreadPool, kernels: KernelSet)
    throws(ImportError)
  {
    var workspace: Workspace
    do throws(MachineError) {
      workspace = try Workspace(
        for: model.configuration, maxImageCount: min(maxBatch, imageCount), threads: threads, kernels: kernels
      )
    } catch {
      throw .machine(error)
    }
    do throws(CheckpointError) {
      let writer = try SafetensorsWriter(path: path, shapes: shapes)
      for first in stride(from: 0, to: imageCount, by: workspace.maxImageCount) {
        let batch = first..<min(imageCount, first + workspace.maxImageCount)
        for image in batch { model.load(hwc(image), at: image - first, &workspace) }
        try run(batch, &workspace, writer)
      }
      try writer.finish()
    } catch {
      throw .checkpoint(error)
    }
  }

  private func run(_ batch: Range<Int>, _ workspace: inout Workspace, _ writer: borrowing SafetensorsWriter)
    throws(CheckpointError)
  {
    let first = batch.lowerBound
    let routing = RoutingCopies(imageCount: batch.count)
    model.forward(imageCount: batch.count, &workspace, observer: routing)
    for (block, images) in zip(model.configuration.moeLayers, routing.layers) {
      for (image, weights) in zip(batch, images) {
        try writer.write(weights.dispatch, of: "dispatch.\(block)", atRow: image)
        try writer.write(weights.combine, of: "combine.\(block)", atRow: image)
      }
    }
    for image in batch {
      if model.configuration.classCount > 0 {
        try writer.write(workspace.logits(of: image - first), of: "logits", atRow: image)
      }
      try writer.write(workspace.features(of: image - first), of: "features", atRow: image)
    }
  }

  private var shapes: [String: [Int]] {
    let configuration = model.configuration
    var shapes = ["features": [imageCount, configuration.featureWidth]]
    if configuration.classCount > 0 { shapes["logits"] = [imageCount, configuration.classCount] }
    guard let moe = configuration.moe else { return shapes }
    for block in moe.layers {
      let shape = [imageCount, configuration.tokenCount, moe.expertCount, moe.slotsPerExpert]
      shapes["dispatch.\(block)"] = shape
      shapes["combine.\(block)"] = shape
    }
    return shapes
  }

  /// One image with its channels last.
  private func hwc(_ image: Int) -> [Float] {
    let pixelCount = pixels.shape[2] * pixels.shape[3]
    let planes = pixels.floats(image * 3 * pixelCount..<(image + 1) * 3 * pixelCount)
    return (0..<3 * pixelCount).map { planes[$0 % 3 * pixelCount + $0 / 3] }
  }
}

/// Copies the weights of every layer of a forward pass: a throw can't leave it, so they are written afterwards.
private final class RoutingCopies: RoutingObserver {
  struct Weights {
    /// [m, s] each.
    let dispatch, combine: [Float]
  }

  private let imageCount: Int
  /// [layer][image]
  private(set) var layers: [[Weights]] = []

  init(imageCount: Int) { self.imageCount = imageCount }

  var summaries: RoutingSummaries? { nil }

  func observe(layer: Int, _ workspace: borrowing Workspace) {
    var images: [Weights] = []
    for image in 0..<imageCount {
      images.append(
        Weights(
          dispatch: workspace.dispatchWeights(of: image), combine: workspace.combineWeights(of: image)))
    }
    layers.append(images)
  }
}
