/// What PyYAML writes of a script's arguments: for each key a scalar, or a list of scalars. What is nested is left out.
enum FlatYAML {
  /// Never fails: a line that is something else says nothing.
  static func values(_ bytes: [UInt8]) -> [String: JSONValue] {
    var values: [String: JSONValue] = [:]
    var list: (key: String, items: [JSONValue])?
    for line in String(decoding: bytes.prefix(JSONObject.longestFile), as: UTF8.self).split(
      whereSeparator: \.isNewline)
    {
      if line.hasPrefix("- ") {
        list?.items.append(scalar(line.dropFirst(2)))
        continue
      }
      guard let first = line.first, first.isLetter || first == "_", let colon = line.firstIndex(of: ":")
      else {
        continue
      }
      if let list { values[list.key] = .list(list.items) }
      list = nil
      let (key, text) = (String(line[..<colon]), trimmed(line[line.index(after: colon)...]))
      if text.isEmpty {
        list = (key, [])
      } else if text.first == "[", text.last == "]" {
        values[key] = .list(text.dropFirst().dropLast().split(separator: ",").map(scalar))
      } else {
        values[key] = scalar(text)
      }
    }
    if let list { values[list.key] = .list(list.items) }
    return values
  }

  private static func scalar(_ text: Substring) -> JSONValue {
    let text = trimmed(text)
    switch text {
    case "", "~", "null", "{}": return .null
    case "true": return .flag(true)
    case "false": return .flag(false)
    default: break
    }
    if let mark = text.first, mark == "'" || mark == "\"", text.count > 1, text.last == mark {
      return .text(String(text.dropFirst().dropLast()))
    }
    // Swift reads more as a number than YAML does.
    let isNumber = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
    if isNumber, let number = Double(text), number.isFinite { return .number(number) }
    return .text(String(text))
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let rest = text.drop { $0 == " " }
    guard let last = rest.lastIndex(where: { $0 != " " }) else { return rest }
    return rest[...last]
  }
}
