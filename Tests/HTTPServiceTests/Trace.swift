import CheckpointImport
import Foundation
import HTTPService
import ImageInput
import Inference
import SoftMoEViT
import TestSupport

/// What `softmoe trace` says of photos, prepared as a model wants them, the bundled one unless another is named.
struct Trace {
  let model: OpenedModel
  let layers: [RoutedLayer]
  /// [n, H, W, 3]
  let pixels: [[Float]]
  private let values: ExpectedValues

  init(
    _ photos: [[UInt8]],
    of path: String = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
  ) throws {
    let model = try OpenedModel(path: path)
    let decoder = try ImageDecoder(preprocessing: model.preprocessing)
    let pixels = try photos.map { try decoder.tensor(from: $0) }
    let (height, width) = (model.preprocessing.cropHeight, model.preprocessing.cropWidth)
    values = try withTemporaryFile("pixels.safetensors") { path in
      let writer = try SafetensorsWriter(path: path, shapes: ["pixels": [photos.count, 3, height, width]])
      for (row, image) in pixels.enumerated() {
        let planes = image.indices.map { image[3 * ($0 % (height * width)) + $0 / (height * width)] }
        try writer.write(planes, of: "pixels", atRow: row)
      }
      try writer.finish()
      let output = path + ".trace"
      try ModelTrace(of: model.network, pixels: path).write(
        to: output, threads: ThreadPool(threadCount: 2), kernels: KernelSet(.auto))
      return try ExpectedValues(path: output)
    }
    (self.model, self.pixels) = (model, pixels)
    layers = RoutedLayer.all(of: model.network.configuration)
  }

  /// [m][s] of one image, "dispatch" or "combine".
  func weights(_ kind: String, layer: Int, image: Int) throws -> [[Double]] {
    try values.routingWeights(kind, layer: layer, image: image)
  }
}
