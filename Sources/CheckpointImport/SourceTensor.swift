import Checkpoint

/// How a source stores a number.
package enum SourceType: String, Sendable {
  case f64, f32, f16, bf16

  var byteCount: Int {
    switch self {
    case .f64: 8
    case .f32: 4
    case .f16, .bf16: 2
    }
  }
}

/// One tensor of a file to import, in place in the mapped source; little-endian.
package struct SourceTensor: Sendable {
  /// Consecutive elements. All but very large arrays are one piece.
  struct Piece: Sendable {
    let offset, count: Int
  }

  /// Where its elements lie, offsets in bytes.
  enum Layout: Sendable {
    /// In row-major order, one piece after another.
    case pieces([Piece])
    /// Steps in elements along each dimension.
    case strided(offset: Int, strides: [Int])
    /// A grid of parts that covers the shape.
    case parts([Part])
  }

  /// Most elements of a tensor that shows elements of a storage more than once.
  static let mostRepeated = 16 << 20

  /// Most characters of a name; published models have up to 80.
  static let longestName = 512

  package let name: String
  package let type: SourceType
  package let shape: [Int]
  let layout: Layout
  let file: MappedFile

  init(name: String, type: SourceType, shape: [Int], layout: Layout, file: MappedFile) {
    (self.name, self.type, self.shape, self.layout, self.file) = (name, type, shape, layout, file)
  }

  init(name: String, type: SourceType, shape: [Int], pieces: [Piece], file: MappedFile) {
    (self.name, self.type, self.shape, self.layout, self.file) = (name, type, shape, .pieces(pieces), file)
  }

  /// A view whose every element lies in the file.
  init(name: String, type: SourceType, shape: [Int], offset: Int, strides: [Int], file: MappedFile) {
    // Row-major: each step is the product of the dimensions behind it; one of a single index is never taken.
    var step = 1
    var isRowMajor = true
    // Without elements, the other dimensions' product may be anything.
    for (size, stride) in zip(shape, strides).reversed() where !shape.contains(0) {
      isRowMajor = isRowMajor && (size == 1 || stride == step)
      step *= size
    }
    (self.name, self.type, self.shape, self.file) = (name, type, shape, file)
    layout =
      isRowMajor
      ? .pieces([Piece(offset: offset, count: shape.reduce(1, *))])
      : .strided(offset: offset, strides: strides)
  }

  init(name: String, type: SourceType, shape: [Int], offset: Int, file: MappedFile) {
    let piece = Piece(offset: offset, count: shape.reduce(1, *))
    self.init(name: name, type: type, shape: shape, pieces: [piece], file: file)
  }

  /// One in parts that may lie in several files.
  ///
  /// - Parameters:
  ///   - parts: a grid that covers the shape.
  ///   - file: where the tensor is from if it has no elements.
  init(name: String, type: SourceType, shape: [Int], parts: [Part], file: MappedFile) {
    (self.name, self.type, self.shape, self.file) = (name, type, shape, parts.first?.file ?? file)
    layout = parts.count == 1 && parts[0].pieces.count == 1 ? .pieces(parts[0].pieces) : .parts(parts)
  }

  package var count: Int { shape.reduce(1, *) }

  /// Where its elements lie.
  var files: [MappedFile] {
    guard case .parts(let parts) = layout else { return [file] }
    return Array(
      Dictionary(parts.map { (ObjectIdentifier($0.file), $0.file) }) { first, _ in first }.values)
  }

  /// Elements as Float, rounded to nearest where the source has more digits.
  package func floats(_ range: Range<Int>) -> [Float] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of '\(name)'")
    var values: [Float] = []
    values.reserveCapacity(range.count)
    switch layout {
    case .pieces(let pieces):
      var first = 0
      for piece in pieces {
        let wanted = range.clamped(to: first..<first + piece.count)
        let start = piece.offset + (wanted.lowerBound - first) * type.byteCount
        type.append(wanted.count, of: file.bytes, from: start, to: &values)
        first += piece.count
      }
    case .strided(let offset, let strides):
      for index in range {
        type.append(1, of: file.bytes, from: offset + place(of: index, strides) * type.byteCount, to: &values)
      }
    case .parts(let parts):
      values += repeatElement(0, count: range.count)
      for part in parts { part.place(in: &values, range, of: shape, type) }
    }
    return values
  }

  /// The place in its storage of an element counted in row-major order.
  private func place(of index: Int, _ strides: [Int]) -> Int {
    var (rest, place) = (index, 0)
    for (size, stride) in zip(shape, strides).reversed() {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: size)
      place += remainder * stride
      rest = quotient
    }
    return place
  }

  /// All elements.
  package func floats() -> [Float] { floats(0..<count) }
}

extension SourceType {
  /// Adds elements of a file that lie one after another.
  func append(_ count: Int, of bytes: UnsafeRawBufferPointer, from start: Int, to values: inout [Float]) {
    let offsets = stride(from: start, to: start + count * byteCount, by: byteCount)
    switch self {
    case .f64: values += offsets.lazy.map { Float(bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)) }
    case .f32: values += offsets.lazy.map { bytes.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    case .f16: values += offsets.lazy.map { Float(bytes.loadUnaligned(fromByteOffset: $0, as: Float16.self)) }
    case .bf16:
      values += offsets.lazy.map {
        float(bfloat16: bytes.loadUnaligned(fromByteOffset: $0, as: UInt16.self))
      }
    }
  }
}

extension SourceTensor {
  /// Most dimensions of an array; models have four at most.
  static let highestRank = 8

  /// Number of elements by dimensions that a file gives, or what is wrong with them.
  static func count(of name: String, shape: [Int], path: String) throws(ImportError) -> Int {
    guard shape.count <= highestRank else {
      throw .invalidSource(
        path: path,
        problem: "tensor \(quoted(name)): expected at most \(highestRank) dimensions, found \(shape.count)")
    }
    guard let count = checkedProduct(shape) else {
      throw .invalidSource(
        path: path,
        problem: "tensor \(quoted(name)): expected dimensions of at least 0 whose product fits 63 bits, "
          + "found \(shape)")
    }
    return count
  }
}
