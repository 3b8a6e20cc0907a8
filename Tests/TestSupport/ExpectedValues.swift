import Checkpoint
import CheckpointImport

/// Tensors that a published implementation computed, read from a safetensors file.
package struct ExpectedValues {
  /// One tensor.
  package struct Values {
    /// Dimensions.
    package let shape: [Int]
    /// Elements, row-major.
    package let elements: [Float]

    /// A tensor of as many elements as its shape says.
    package init(shape: [Int], elements: [Float]) { (self.shape, self.elements) = (shape, elements) }

    /// The elements at one index of the first axis.
    package func slice(_ index: Int) -> [Float] {
      let count = elements.count / shape[0]
      return Array(elements[index * count..<(index + 1) * count])
    }
  }

  /// All of them, by name.
  package let tensors: [String: Values]

  /// Reads a file.
  package init(path: String) throws {
    let file = try MappedFile(path: path)
    tensors = Dictionary(
      uniqueKeysWithValues: try Safetensors.source(in: file, path: path).tensors.map {
        ($0.name, Values(shape: $0.shape, elements: $0.floats()))
      })
  }

  /// The tensor of that name.
  package subscript(_ name: String) -> Values? { tensors[name] }

  /// Images [n, 3, H, W], from either order of axes.
  package var pixels: Values {
    get throws {
      if let images = self["images_nchw"] { return images }
      guard let images = self["images_nhwc"] else { throw Command.Failure(description: "no images") }
      let (n, h, w) = (images.shape[0], images.shape[1], images.shape[2])
      let planes = (0..<images.elements.count).map { index in
        let (image, rest) = index.quotientAndRemainder(dividingBy: 3 * h * w)
        let (channel, pixel) = rest.quotientAndRemainder(dividingBy: h * w)
        return images.elements[(image * h * w + pixel) * 3 + channel]
      }
      return Values(shape: [n, 3, h, w], elements: planes)
    }
  }
}

/// The largest difference between two vectors; infinite when their lengths differ or one has a NaN.
package func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
