import Checkpoint
import CheckpointImport

/// Tensors that a published implementation computed, read from a safetensors file.
public struct ExpectedValues {
  /// One tensor.
  public struct Values {
    /// Dimensions.
    public let shape: [Int]
    /// Elements, row-major.
    public let elements: [Float]

    /// A tensor of as many elements as its shape says.
    public init(shape: [Int], elements: [Float]) { (self.shape, self.elements) = (shape, elements) }

    /// The elements at one index of the first axis.
    public func slice(_ index: Int) -> [Float] {
      let count = elements.count / shape[0]
      return Array(elements[index * count..<(index + 1) * count])
    }
  }

  /// All of them, by name.
  public let tensors: [String: Values]

  /// Reads a file.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    tensors = Dictionary(
      uniqueKeysWithValues: try Safetensors.tensors(in: file, path: path).map {
        ($0.name, Values(shape: $0.shape, elements: $0.floats()))
      })
  }

  /// The tensor of that name.
  public subscript(_ name: String) -> Values? { tensors[name] }

  /// Images [n, 3, H, W], from either order of axes.
  public var pixels: Values {
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
public func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  guard a.count == b.count else { return .infinity }
  return zip(a, b).reduce(0) { largest, pair in
    let difference = abs(pair.0 - pair.1)
    return difference.isNaN ? .infinity : max(largest, difference)
  }
}
