import PlainText

/// Pieces that drawings are made of.
enum SVG {
  /// A line of text at a place.
  ///
  /// - Parameter anchor: which part of it lies there: `start`, `middle` or `end`.
  static func text(
    _ x: Double, _ y: Double, _ text: String, anchor: String = "start", _ style: String = ""
  ) -> String {
    let style = style.isEmpty ? "" : " class=\"\(style)\""
    return
      "<text x=\"\(tenths(x))\" y=\"\(tenths(y))\" text-anchor=\"\(anchor)\"\(style)>\(escaped(text))</text>"
  }

  /// A rectangle that says what it shows when it is pointed at.
  static func cell(
    _ x: Double, _ y: Double, width: Double, height: Double, hint: String, _ attributes: String = ""
  ) -> String {
    "<rect x=\"\(hundredths(x))\" y=\"\(hundredths(y))\" width=\"\(hundredths(width))\" "
      + "height=\"\(hundredths(height))\"\(attributes)><title>\(escaped(hint))</title></rect>"
  }

  /// A drawing for a page, with a name and a description for those who can't see it.
  static func drawing(
    width: Double, height: Double, title: String, description: String, _ elements: [String]
  ) -> String {
    let (width, height) = (Int(width.rounded(.up)), Int(height.rounded(.up)))
    let head =
      "<svg role=\"img\" width=\"\(width)\" height=\"\(height)\" viewBox=\"0 0 \(width) \(height)\">"
    let names = "<title>\(escaped(title))</title><desc>\(escaped(description))</desc>"
    return ([head, names] + elements + ["</svg>"]).joined(separator: "\n")
  }
}

/// For an element's text: what XML would read as a mark, or not read at all, is replaced.
func escaped(_ text: String) -> String {
  String(text.map { $0.isASCII && ($0.asciiValue ?? 0) < 0x20 ? " " : $0 })
    .replacing("&", with: "&amp;").replacing("<", with: "&lt;")
}
