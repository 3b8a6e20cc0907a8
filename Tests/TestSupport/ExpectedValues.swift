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

    /// The elements at one index of the first axis.
    public func slice(_ index: Int) -> [Float] {
      let count = elements.count / shape[0]
      return Array(elements[index * count..<(index + 1) * count])
    }
  }

  private let tensors: [String: Values]

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

  /// Images [n, H, W, 3], from either order of axes.
  public var images: [[Float]] {
    if let images = self["images_nhwc"] { return (0..<images.shape[0]).map { images.slice($0) } }
    guard let images = self["images_nchw"] else { return [] }
    let pixelCount = images.shape[2] * images.shape[3]
    return (0..<images.shape[0]).map { index in
      let planes = images.slice(index)
      return (0..<pixelCount * 3).map { planes[$0 % 3 * pixelCount + $0 / 3] }
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
