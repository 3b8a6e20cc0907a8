/// A tensor that is read when it is written: one of a file, or one made of such.
///
/// Libraries store the same weights fused or apart, folded or not; with it a reader sees one form. Row-major.
struct LazyTensor: Sendable {
  /// As the file calls it; what is made of several is called after the first.
  let name: String
  let shape: [Int]
  private let read: @Sendable (Range<Int>) -> [Float]

  /// - Parameter read: the elements of a range that lies within the shape.
  init(name: String, shape: [Int], read: @escaping @Sendable (Range<Int>) -> [Float]) {
    (self.name, self.shape, self.read) = (name, shape, read)
  }

  /// A tensor as it lies in the file.
  init(_ tensor: SourceTensor) {
    self.init(name: tensor.name, shape: tensor.shape) { tensor.floats($0) }
  }

  /// All elements the same.
  init(name: String, shape: [Int], repeating value: Float) {
    self.init(name: name, shape: shape) { Array(repeating: value, count: $0.count) }
  }

  /// Few elements, made here.
  init(name: String, shape: [Int], values: [Float]) {
    self.init(name: name, shape: shape) { Array(values[$0]) }
  }

  var count: Int { shape.reduce(1, *) }

  func floats(_ range: Range<Int>) -> [Float] { read(range) }

  /// All elements.
  func floats() -> [Float] { floats(0..<count) }

  /// The same elements under another shape of as many.
  func reshaped(_ shape: [Int]) throws(ImportError) -> LazyTensor {
    guard shape.reduce(1, *) == count else {
      throw .wrongShape(name: name, expected: shape, found: self.shape)
    }
    return LazyTensor(name: name, shape: shape, read: read)
  }

  /// A range of the first axis.
  func rows(_ range: Range<Int>) throws(ImportError) -> LazyTensor {
    guard let rowCount = shape.first, range.lowerBound >= 0, range.upperBound <= rowCount else {
      throw .wrongShape(
        name: name, expected: [range.upperBound] + shape.dropFirst(), found: shape)
    }
    let width = shape.dropFirst().reduce(1, *)
    return LazyTensor(name: name, shape: [range.count] + shape.dropFirst()) { [read] part in
      read(part.lowerBound + range.lowerBound * width..<part.upperBound + range.lowerBound * width)
    }
  }

  /// Each element as a function of itself and its place.
  func map(_ transform: @escaping @Sendable (_ index: Int, _ value: Float) -> Float) -> LazyTensor {
    LazyTensor(name: name, shape: shape) { [read] range in
      zip(range, read(range)).map { transform($0, $1) }
    }
  }

  /// One after another along the first axis.
  static func concatenated(_ parts: [LazyTensor]) throws(ImportError) -> LazyTensor {
    let rest = Array(parts[0].shape.dropFirst())
    for part in parts where part.shape.isEmpty || Array(part.shape.dropFirst()) != rest {
      throw .wrongShape(name: part.name, expected: parts[0].shape, found: part.shape)
    }
    let shape = [parts.reduce(0) { $0 + $1.shape[0] }] + rest
    return LazyTensor(name: parts[0].name, shape: shape) { range in
      var values: [Float] = []
      var first = 0
      for part in parts {
        let wanted = range.clamped(to: first..<first + part.count)
        if !wanted.isEmpty { values += part.floats(wanted.lowerBound - first..<wanted.upperBound - first) }
        first += part.count
      }
      return values
    }
  }
}
