import Checkpoint

/// Reads a pickle as data: a machine with a stack, of which nothing but data comes out.
///
/// It knows dictionaries, lists, tuples, numbers and texts, and of objects the few that PyTorch makes of storages;
/// every other call is noted by name and not made.
/// - Source: CPython's pickletools, protocols 0 to 5.
struct Pickle {
  /// Values on the stack, in the memo and in containers; a model with ten thousand experts has a tenth.
  static let mostValues = 8 << 20
  /// Most bytes of a class's name with its module.
  private static let longestGlobal = 1024

  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// Where the instruction that runs begins.
  private(set) var start = 0
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  var graph = PickleGraph()

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// The object that a pickle describes.
  static func read(_ bytes: UnsafeRawBufferPointer) throws(PickleError) -> PickleGraph {
    var pickle = Pickle(bytes)
    pickle.graph.root = try pickle.run()
    return pickle.graph
  }

  private mutating func run() throws(PickleError) -> PickleValue {
    while true {
      start = position
      let code = try byte()
      if code == UInt8(ascii: ".") { return try pop() }
      try perform(code)
      guard stack.count + marks.count + memo.count + graph.count <= Self.mostValues else {
        throw .tooLarge("it has more than \(Self.mostValues) values")
      }
    }
  }

  private mutating func perform(_ code: UInt8) throws(PickleError) {
    switch code {
    case 0x80: _ = try byte()  // PROTO
    case 0x95: _ = try take(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMarked()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.int(Int(Int32(truncatingIfNeeded: try unsigned(4)))))
    case UInt8(ascii: "K"): stack.append(.int(try unsigned(1)))
    case UInt8(ascii: "M"): stack.append(.int(try unsigned(2)))
    case 0x8A: stack.append(try long(unsigned(1)))
    case 0x8B: stack.append(try long(length(4)))
    case UInt8(ascii: "I"), UInt8(ascii: "L"): stack.append(try decimal())
    case UInt8(ascii: "F"): stack.append(.float(Double(try line()) ?? .nan))
    case UInt8(ascii: "G"):
      stack.append(.float(Double(bitPattern: try take(8).reduce(0) { $0 << 8 | UInt64($1) })))
    case UInt8(ascii: "X"): stack.append(try text(length(4)))
    case 0x8C: stack.append(try text(unsigned(1)))
    case 0x8D: stack.append(try text(length(8)))
    case UInt8(ascii: "T"): stack.append(try text(length(4)))
    case UInt8(ascii: "U"): stack.append(try text(unsigned(1)))
    case UInt8(ascii: "S"), UInt8(ascii: "V"): stack.append(.string(try line()))
    case UInt8(ascii: "B"): try skipBytes(length(4))
    case UInt8(ascii: "C"): try skipBytes(unsigned(1))
    case 0x8E, 0x96: try skipBytes(length(8))
    case UInt8(ascii: "]"): stack.append(.list(graph.add([])))
    case UInt8(ascii: "a"):
      let item = try pop()
      try append([item])
    case UInt8(ascii: "e"):
      let items = try popMarked()
      try append(items)
    case UInt8(ascii: "l"): stack.append(.list(graph.add(try popMarked())))
    case UInt8(ascii: ")"): stack.append(.tuple(graph.add([])))
    case UInt8(ascii: "t"): stack.append(.tuple(graph.add(try popMarked())))
    case 0x85, 0x86, 0x87: stack.append(.tuple(graph.add(try pop(count: Int(code) - 0x84))))
    case UInt8(ascii: "}"): stack.append(.dictionary(graph.add([])))
    case UInt8(ascii: "s"): try setItems(pop(count: 2))
    case UInt8(ascii: "u"): try setItems(popMarked())
    case UInt8(ascii: "d"): stack.append(.dictionary(graph.add(try pairs(popMarked()))))
    case 0x8F: stack.append(.opaque("set"))
    case 0x90: _ = try popMarked()
    case 0x91:
      _ = try popMarked()
      stack.append(.opaque("frozenset"))
    case UInt8(ascii: "c"):
      let module = try line()
      stack.append(try global(module, line()))
    case 0x93:
      guard case .string(let name) = try pop(), case .string(let module) = try pop() else {
        throw .unexpected("expected the name of a class", at: start)
      }
      stack.append(try global(module, name))
    case UInt8(ascii: "R"), 0x81:
      let arguments = try pop()
      stack.append(try call(pop(), arguments))
    case 0x92:
      _ = try pop()
      let arguments = try pop()
      stack.append(try call(pop(), arguments))
    // An object's state: of dictionaries, attributes that carry no weights.
    case UInt8(ascii: "b"): _ = try pop()
    case UInt8(ascii: "i"):
      let name = "\(try line()).\(try line())"
      _ = try popMarked()
      stack.append(.opaque(name))
    case UInt8(ascii: "o"):
      let items = try popMarked()
      guard case .global(let name)? = items.first else {
        throw .unexpected("expected a class to make an object of", at: start)
      }
      stack.append(.opaque(name))
    case UInt8(ascii: "Q"): stack.append(try storage(pop()))
    case UInt8(ascii: "p"): memo[try number(line())] = try top()
    case UInt8(ascii: "q"): memo[try unsigned(1)] = try top()
    case UInt8(ascii: "r"): memo[try unsigned(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "g"): try recall(number(line()))
    case UInt8(ascii: "h"): try recall(unsigned(1))
    case UInt8(ascii: "j"): try recall(unsigned(4))
    default: throw .instruction(code, at: start)
    }
  }
}

// What instructions read.
extension Pickle {
  private mutating func take(_ count: Int) throws(PickleError) -> Slice<UnsafeRawBufferPointer> {
    guard count <= bytes.count - position else { throw .truncated(at: start) }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func byte() throws(PickleError) -> UInt8 {
    guard position < bytes.count else { throw .truncated(at: start) }
    defer { position += 1 }
    return bytes[position]
  }

  /// Of up to four bytes, the least first.
  private mutating func unsigned(_ count: Int) throws(PickleError) -> Int {
    try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// How many bytes follow.
  private mutating func length(_ count: Int) throws(PickleError) -> Int {
    let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let length = Int(exactly: value), length <= bytes.count - position else {
      throw .truncated(at: start)
    }
    return length
  }

  /// A whole number in two's complement; what doesn't fit is no size of anything.
  private mutating func long(_ count: Int) throws(PickleError) -> PickleValue {
    let digits = try take(count)
    guard count <= 8 else { return .opaque("int") }
    guard let last = digits.last else { return .int(0) }
    let sign: UInt64 = last & 0x80 == 0 ? 0 : .max
    return .int(Int(Int64(bitPattern: digits.reversed().reduce(sign) { $0 << 8 | UInt64($1) })))
  }

  private mutating func line() throws(PickleError) -> String {
    guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { throw .truncated(at: start) }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func decimal() throws(PickleError) -> PickleValue {
    var digits = try line()
    if digits == "00" || digits == "01" { return .bool(digits == "01") }
    if digits.hasSuffix("L") { digits.removeLast() }
    return Int(digits).map { .int($0) } ?? .opaque("int")
  }

  private func number(_ digits: String) throws(PickleError) -> Int {
    guard let number = Int(digits) else { throw .unexpected("expected a number", at: start) }
    return number
  }

  private mutating func text(_ count: Int) throws(PickleError) -> PickleValue {
    .string(String(decoding: try take(count), as: UTF8.self))
  }

  private mutating func skipBytes(_ count: Int) throws(PickleError) {
    _ = try take(count)
    stack.append(.opaque("bytes"))
  }
}

// What instructions do with the stack.
extension Pickle {
  private mutating func pop() throws(PickleError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else {
      throw .unexpected("expected a value on the stack", at: start)
    }
    return value
  }

  private func top() throws(PickleError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw .unexpected("expected a value on the stack", at: start)
    }
    return value
  }

  private mutating func pop(count: Int) throws(PickleError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw .unexpected("expected \(count) values on the stack", at: start)
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMarked() throws(PickleError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw .unexpected("expected a mark on the stack", at: start) }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func append(_ items: [PickleValue]) throws(PickleError) {
    switch try top() {
    case .list(let list): graph.append(items, to: list)
    case .opaque: break
    default: throw .unexpected("expected a list to append to", at: start)
    }
  }

  private mutating func setItems(_ items: [PickleValue]) throws(PickleError) {
    let items = try pairs(items)
    switch try top() {
    case .dictionary(let dictionary): graph.append(items, to: dictionary)
    case .opaque: break
    default: throw .unexpected("expected a dictionary to fill", at: start)
    }
  }

  private func pairs(_ items: [PickleValue]) throws(PickleError) -> [PickleValue] {
    guard items.count.isMultiple(of: 2) else {
      throw .unexpected("expected keys and values in pairs", at: start)
    }
    return items
  }

  /// Both names may be remembered ones: joined again and again they would take far more memory than the file.
  private func global(_ module: String, _ name: String) throws(PickleError) -> PickleValue {
    guard module.utf8.count + name.utf8.count <= Self.longestGlobal else {
      throw .tooLarge("the name of a class at byte \(start) is longer than \(Self.longestGlobal) bytes")
    }
    return .global("\(module).\(name)")
  }

  private mutating func recall(_ index: Int) throws(PickleError) {
    guard let value = memo[index] else {
      throw .unexpected("expected a value remembered as \(index)", at: start)
    }
    stack.append(value)
  }
}
