/// What a model and its classes may be called.
///
/// A model's name is a segment of URLs and stands in headers, logs and metrics; labels stand in answers, of which
/// some are lines of text. So neither may hold what would end or hide a part of those.
package enum Naming {
  /// Bytes of UTF-8 that a model's name may have.
  package static let longestName = 128
  /// Bytes of UTF-8 that a label may have.
  package static let longestLabel = 1024

  /// What is wrong with a model's name, in words; nil for one that can be served.
  package static func problem(ofName name: String) -> String? {
    let isGood =
      (1...longestName).contains(name.utf8.count) && name != "." && name != ".."
      && printable(name, limit: longestName) == name && !name.utf8.contains(where: slashes.contains)
      && name.first?.isWhitespace == false && name.last?.isWhitespace == false
    return isGood
      ? nil
      : "expected a name of 1 to \(longestName) bytes of printable text without '/', '\\' or a space at either "
        + "end, and not '.' or '..'; found \(quoted(name))"
  }

  /// What is wrong with the first bad label, in words; nil when all can be served.
  package static func problem(ofLabels labels: [String]) -> String? {
    for (index, label) in labels.enumerated() {
      if label.utf8.count > longestLabel {
        return "label \(index): expected at most \(longestLabel) bytes, found \(label.utf8.count)"
      }
      // Only what ends a line or a string: joiners and marks of direction belong to scripts.
      if label.unicodeScalars.contains(where: { isControl($0.properties.generalCategory) }) {
        return "label \(index): expected text without control characters or line ends, found \(quoted(label))"
      }
    }
    return nil
  }

  private static let slashes: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\")]

  private static func isControl(_ category: Unicode.GeneralCategory) -> Bool {
    category == .control || category == .lineSeparator || category == .paragraphSeparator
  }
}
