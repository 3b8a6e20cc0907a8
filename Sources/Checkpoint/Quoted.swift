/// Text from a file, fit for a message: one line of at most `limit` characters, none of them a control
/// character that a terminal would obey.
package func printable(_ text: String, limit: Int = 80) -> String {
  let scalars = text.unicodeScalars
  let shown = scalars.prefix(limit).map { scalar in
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      scalar.escaped(asASCII: true)
    default: String(scalar)
    }
  }
  return shown.joined() + (scalars.dropFirst(limit).isEmpty ? "" : "…")
}

/// The same in apostrophes.
package func quoted(_ text: String) -> String { "'\(printable(text))'" }
