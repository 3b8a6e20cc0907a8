/// One header field, or one name/value pair of a query.
package struct HTTPField: Sendable, Equatable {
  /// The name, as it was written.
  package var name: String
  /// The value, without surrounding white space.
  package var value: String

  /// Makes a field of a name and a value.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Header fields in the order in which they were written; names compare without regard to ASCII case.
///
/// Cost: a lookup scans the fields; requests carry few.
package struct HTTPFields: Sendable, Equatable, ExpressibleByDictionaryLiteral {
  /// All fields, in order.
  package private(set) var all: [HTTPField]

  /// Makes a list of `fields`.
  package init(_ fields: [HTTPField] = []) {
    all = fields
  }

  /// Makes a list of the literal's pairs, in the order of the literal.
  package init(dictionaryLiteral elements: (String, String)...) {
    all = elements.map { HTTPField($0.0, $0.1) }
  }

  /// The value of the first field called `name`. Setting replaces every field of that name;
  /// setting nil removes them.
  package subscript(name: String) -> String? {
    get { all.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
    set {
      all.removeAll { $0.name.equalsIgnoringASCIICase(name) }
      if let newValue { all.append(HTTPField(name, newValue)) }
    }
  }

  /// The values of every field called `name`, in order.
  package func values(of name: String) -> [String] {
    all.filter { $0.name.equalsIgnoringASCIICase(name) }.map(\.value)
  }

  /// Adds a field after the others, even when one of that name is there.
  package mutating func append(_ name: String, _ value: String) {
    all.append(HTTPField(name, value))
  }
}

/// The pairs of a query string, percent-decoded, in order; names compare exactly.
package struct HTTPQuery: Sendable, Equatable {
  /// All pairs, in order. A name without `=` has the empty value.
  package let items: [HTTPField]

  /// Makes a query of `items`.
  package init(_ items: [HTTPField] = []) {
    self.items = items
  }

  /// The value of the first pair called `name`.
  package subscript(name: String) -> String? {
    items.first { $0.name == name }?.value
  }

  /// The values of every pair called `name`, in order.
  package func values(of name: String) -> [String] {
    items.filter { $0.name == name }.map(\.value)
  }
}

extension String {
  /// Whether both strings have the same bytes, A–Z counting as a–z.
  package func equalsIgnoringASCIICase(_ other: String) -> Bool {
    utf8.count == other.utf8.count
      && zip(utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
  }
}

extension UInt8 {
  fileprivate var asciiLowercased: UInt8 {
    (0x41...0x5A).contains(self) ? self | 0x20 : self
  }
}
