/// The Python dictionary at the head of an `.npy` array, as NumPy writes it.
struct NumPyHeader: Equatable {
  let descriptor: String
  let isFortran: Bool
  let shape: [Int]

  /// bfloat16 has no descriptor of its own: NumPy saves it as two raw bytes.
  var type: SourceType? {
    switch descriptor {
    case "<f8": .f64
    case "<f4": .f32
    case "<f2": .f16
    case "|V2", "<V2", "bfloat16": .bf16
    default: nil
    }
  }

  /// Elements from one index of each dimension to the next: in C's order the last dimension's lie together, in Fortran's
  /// the first's. The dimensions' product must fit.
  var strides: [Int] {
    // Without elements no step is taken, and the other dimensions' product may be anything.
    guard !shape.contains(0) else { return shape }
    var (strides, step) = ([Int](), 1)
    for size in isFortran ? shape : shape.reversed() {
      strides.append(step)
      step *= size
    }
    return isFortran ? strides : strides.reversed()
  }

  /// Whether its elements are integers, booleans or texts.
  var isNoWeight: Bool {
    let kind = descriptor.drop { "<>|=".contains($0) }
    return kind.first.map { "iubSU".contains($0) } ?? false && kind.dropFirst().allSatisfy(\.isNumber)
  }

  /// Understands `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` and nothing else: the format
  /// prescribes the keys' order, and no array of numbers needs a richer description.
  init?(_ text: String) {
    var rest = Substring(text.filter { !$0.isWhitespace })
    func skip(_ prefix: String) -> Bool {
      guard rest.hasPrefix(prefix) else { return false }
      rest.removeFirst(prefix.count)
      return true
    }
    func take(until end: Character) -> String {
      let taken = rest.prefix { $0 != end }
      rest = rest[taken.endIndex...]
      return String(taken)
    }
    guard skip("{'descr':'") else { return nil }
    descriptor = take(until: "'")
    guard skip("','fortran_order':") else { return nil }
    isFortran = skip("True")
    guard isFortran || skip("False"), skip(",'shape':(") else { return nil }
    let dimensions = take(until: ")").split(separator: ",").map { Int($0) }
    shape = dimensions.compactMap(\.self)
    guard shape.count == dimensions.count, skip("),}") || skip(")}"), rest.isEmpty else { return nil }
  }
}
