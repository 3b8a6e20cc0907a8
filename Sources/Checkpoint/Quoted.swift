/// Text from a file, fit for a message: in apostrophes, on one line, at most 80 characters, no control
/// character that a terminal would obey.
package func quoted(_ text: String) -> String {
  let shown = text.unicodeScalars.prefix(80).map { $0.properties.isPrintable ? String($0) : $0.escaped(asASCII: true) }
  return "'\(shown.joined())\(text.unicodeScalars.count > 80 ? "…" : "")'"
}

extension Unicode.Scalar.Properties {
  fileprivate var isPrintable: Bool {
    switch generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: false
    default: true
    }
  }
}
