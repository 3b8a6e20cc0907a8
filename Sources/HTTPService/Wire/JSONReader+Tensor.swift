/// What a tensor's `data` holds: numbers or strings, flat or in nested arrays.
struct TensorElements {
  /// Row-major.
  var numbers: [Float] = []
  /// Where in the JSON each string is.
  var strings: [JSONText] = []
  /// The nested arrays' lengths, from the outside in.
  fileprivate(set) var lengths: [Int] = []
  /// Arrays around each element; 0 before the first.
  fileprivate var rank = 0

  var count: Int { numbers.count + strings.count }

  /// Whether the elements are those of `shape`: flat, or nested as it says.
  func fit(_ shape: TensorShape) -> Bool { lengths == shape.dimensions || lengths == [shape.count] }
}

extension JSONReader {
  /// Takes `data`.
  ///
  /// - Parameter stringLimit: most strings, since each costs more memory than it takes in the text.
  mutating func tensorElements(stringLimit: Int) throws(InferRequestError) -> TensorElements {
    var elements = TensorElements()
    try read(into: &elements, level: 1, stringLimit: stringLimit)
    return elements
  }

  private mutating func read(
    into elements: inout TensorElements, level: Int, stringLimit: Int
  ) throws(InferRequestError) {
    let start = position
    var count = try beginArray()
    while try nextElement(&count) {
      switch next {
      case UInt8(ascii: "["):
        guard elements.rank == 0 || level < elements.rank else { throw unexpected("an element as before") }
        try read(into: &elements, level: level + 1, stringLimit: stringLimit)
      case UInt8(ascii: "\""):
        guard elements.numbers.isEmpty else { throw unexpected("a number as before") }
        guard elements.strings.count < stringLimit else {
          throw .json(offset: position, expected: "at most \(stringLimit) strings", found: "more")
        }
        try settle(level, &elements)
        elements.strings.append(try text())
      default:
        guard elements.strings.isEmpty else { throw unexpected("a string as before") }
        try settle(level, &elements)
        elements.numbers.append(try float())
      }
    }
    while elements.lengths.count < level { elements.lengths.append(-1) }
    if elements.lengths[level - 1] < 0 { elements.lengths[level - 1] = count }
    guard elements.lengths[level - 1] == count else {
      throw .json(
        offset: start, expected: "an array of \(elements.lengths[level - 1]) elements as before",
        found: "\(count)")
    }
  }

  /// All elements must have as many arrays around them as the first.
  private func settle(_ level: Int, _ elements: inout TensorElements) throws(InferRequestError) {
    if elements.rank == 0 { elements.rank = level }
    guard elements.rank == level else { throw unexpected("an array as before") }
  }
}
