import Checkpoint

/// The part in words: `[0:4, 8:16]`.
func described(_ box: ArrayBox) -> String {
  "[" + box.map { "\($0.lowerBound):\($0.upperBound)" }.joined(separator: ", ") + "]"
}

/// Why parts are no grid that covers an array; nil when they are.
///
/// vmoe cuts each axis at some indices: so many parts, each once, and nothing between them.
/// - Parameter boxes: different ones, within the shape.
func gridProblem(_ boxes: some Collection<ArrayBox>, of shape: [Int]) -> String? {
  var cellCount = 1
  for (axis, size) in shape.enumerated() {
    let cuts = Set(boxes.map { $0[axis] }).sorted {
      ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
    }
    var end = 0
    for cut in cuts {
      guard cut.lowerBound == end else {
        return
          "its parts \(cut.lowerBound < end ? "overlap" : "leave a hole") along axis \(axis): expected one from "
          + "index \(end), found \(cut.lowerBound):\(cut.upperBound)"
      }
      end = cut.upperBound
    }
    guard end == size else {
      return "its parts end at index \(end) of axis \(axis), expected \(size)"
    }
    // No more than the boxes can make, or the answer is known.
    cellCount = min(cellCount * cuts.count, boxes.count + 1)
  }
  return cellCount == boxes.count
    ? nil : "expected a part for every place of a grid, found \(boxes.count); some are missing"
}

extension MessagePackCursor {
  /// A part's place: a list of `(start, stop, step)`, each MessagePack as bytes; nothing means the axis' ends.
  mutating func box(of shape: [Int]) throws(ImportError) -> ArrayBox {
    guard try list("a part's place") == shape.count else {
      throw problem("expected a range for each of \(shape.count) axes")
    }
    var box: ArrayBox = []
    for size in shape {
      let (start, stop) = try embedded("a range") { (cursor) throws(ImportError) in
        guard try cursor.list("a range") == 3 else { throw cursor.problem("expected start, stop and step") }
        let (start, stop) = (try cursor.integer() ?? 0, try cursor.integer() ?? size)
        guard try cursor.integer() ?? 1 == 1 else { throw cursor.problem("expected ranges of step 1") }
        return (start, stop)
      }
      guard 0 <= start, start <= stop, stop <= size else {
        throw problem("expected a range within 0:\(size), found \(start):\(stop)")
      }
      box.append(start..<stop)
    }
    return box
  }
}
