import Checkpoint

extension SourceTensor {
  /// A part of an array, its elements in row-major order.
  struct Part: Sendable {
    let file: MappedFile
    let box: ArrayBox
    /// One after another, all as long as the first but the last.
    let pieces: [Piece]
  }
}

extension SourceTensor.Part {
  /// Writes those elements of the part that belong to a range of the array.
  ///
  /// Along the last axis that is cut, with all behind it, the part is one run of elements in the array as it is in the file.
  /// Runs follow each other in both, so those of a range are found by halving.
  /// - Parameters:
  ///   - values: the range's elements.
  ///   - range: of the whole array, row-major.
  func place(in values: inout [Float], _ range: Range<Int>, of shape: [Int], _ type: SourceType) {
    guard box.allSatisfy({ !$0.isEmpty }), !range.isEmpty else { return }
    let runs = Runs(box: box, shape: shape)
    var index = runs.first(endingAfter: range.lowerBound)
    while index < runs.count {
      let run = runs[index]
      let wanted = run.clamped(to: range)
      guard run.lowerBound < range.upperBound else { return }
      copy(
        from: index * runs.length + (wanted.lowerBound - run.lowerBound), wanted.count,
        to: &values, at: wanted.lowerBound - range.lowerBound, type)
      index += 1
    }
  }

  private func copy(
    from first: Int, _ count: Int, to values: inout [Float], at target: Int, _ type: SourceType
  ) {
    var done = 0
    while done < count {
      let (piece, start) = (first + done).quotientAndRemainder(dividingBy: pieces[0].count)
      let length = min(count - done, pieces[piece].count - start)
      type.store(
        length, of: file.bytes, from: pieces[piece].offset + start * type.byteCount, to: &values,
        at: target + done)
      done += length
    }
  }
}

/// The runs of a part within its array.
private struct Runs {
  /// Elements of each.
  let length: Int
  let count: Int
  /// Of the axes before the run's: how many indices, and how far apart in the array.
  private let outer: [(size: Int, stride: Int)]
  /// Where the first begins in the array.
  private let start: Int

  init(box: ArrayBox, shape: [Int]) {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    let cut = shape.indices.last { box[$0].count != shape[$0] } ?? 0
    length = shape.isEmpty ? 1 : box[cut].count * strides[cut]
    outer = zip(box, strides).prefix(cut).map { ($0.count, $1) }
    count = outer.reduce(1) { $0 * $1.size }
    start = zip(box, strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
  }

  /// Where a run lies in the array.
  subscript(index: Int) -> Range<Int> {
    var (rest, offset) = (index, start)
    for axis in outer.reversed() {
      let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: axis.size)
      offset += remainder * axis.stride
      rest = quotient
    }
    return offset..<offset + length
  }

  func first(endingAfter place: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if self[middle].upperBound > place { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension SourceType {
  /// Puts elements of a file that lie one after another in their places.
  fileprivate func store(
    _ count: Int, of bytes: UnsafeRawBufferPointer, from start: Int, to values: inout [Float], at target: Int
  ) {
    switch self {
    case .f64:
      for index in 0..<count {
        values[target + index] = Float(
          bytes.loadUnaligned(fromByteOffset: start + 8 * index, as: Double.self))
      }
    case .f32:
      for index in 0..<count {
        values[target + index] = bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: Float.self)
      }
    case .f16:
      for index in 0..<count {
        values[target + index] = Float(
          bytes.loadUnaligned(fromByteOffset: start + 2 * index, as: Float16.self))
      }
    case .bf16:
      for index in 0..<count {
        values[target + index] = float(
          bfloat16: bytes.loadUnaligned(fromByteOffset: start + 2 * index, as: UInt16.self))
      }
    }
  }
}
