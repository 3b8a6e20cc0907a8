import MicroHTTP

/// Keys of which a request must bring one, as `Authorization: Bearer KEY` or `x-api-key: KEY`.
package struct APIKeys: Sendable {
  private let keys: [[UInt8]]

  /// No keys: everybody is let in.
  package init() { keys = [] }

  /// The keys of a file: one a line; empty lines and those that begin with `#` are none.
  ///
  /// - Throws: `APIKeysError`, naming the line.
  package init(_ text: String) throws(APIKeysError) {
    var keys: [[UInt8]] = []
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
      .enumerated()
    {
      let key = line.trimmed
      if key.isEmpty || key.hasPrefix("#") { continue }
      guard key.utf8.count >= 16 else { throw .tooShort(line: index + 1) }
      guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw .notPrintable(line: index + 1) }
      keys.append(Array(key.utf8))
    }
    guard !keys.isEmpty else { throw .none }
    self.keys = keys
  }

  /// Whether everybody is let in.
  var isEmpty: Bool { keys.isEmpty }

  /// Whether a request with these headers may come in.
  ///
  /// Every key is compared to its end, so that the time tells nothing of how much was right.
  func allows(_ headers: HTTPFields) -> Bool {
    if keys.isEmpty { return true }
    var given = headers["x-api-key"].map { Array($0.utf8) }
    if let authorization = headers["authorization"], authorization.lowercased().hasPrefix("bearer ") {
      given = Array(String(authorization.dropFirst(7)).trimmed.utf8)
    }
    guard let given else { return false }
    var found = false
    for key in keys {
      let isEqual = isEqualInConstantTime(key, given)
      found = found || isEqual
    }
    return found
  }
}

/// Why a file of keys can't be used. No key is told.
package enum APIKeysError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A key of less than 16 characters.
  case tooShort(line: Int)
  /// A key with blanks or characters that no header can carry.
  case notPrintable(line: Int)
  /// A file without a key would let nobody in.
  case none

  /// One line for the operator.
  package var description: String {
    switch self {
    case .tooShort(let line): "API keys, line \(line): expected at least 16 characters"
    case .notPrintable(let line): "API keys, line \(line): expected printable ASCII without blanks"
    case .none: "API keys: expected one key a line, found none"
    }
  }
}

/// Its time depends on the lengths alone.
private func isEqualInConstantTime(_ key: [UInt8], _ given: [UInt8]) -> Bool {
  var difference = UInt8(key.count == given.count ? 0 : 1)
  for (index, byte) in given.enumerated() { difference |= byte ^ key[index % key.count] }
  return difference == 0
}

extension StringProtocol {
  fileprivate var trimmed: String {
    let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    let start = drop(while: isBlank)
    return String(String(start.reversed().drop(while: isBlank).reversed()))
  }
}
