import Checkpoint
import FoundationEssentials

/// An object of a JSON file of unknown origin, asked key by key; `null` is as good as not there.
struct JSONObject {
  /// The largest file that is read, in bytes.
  static let longestFile = 8 << 20

  private let file: String
  private let values: [String: JSONValue]

  /// - Throws: `ImportError.invalidSource` for what is no JSON object in UTF-8.
  init(_ bytes: [UInt8], file: String) throws(ImportError) {
    self.file = file
    guard bytes.count <= Self.longestFile else {
      throw .invalidSource(
        path: file, problem: "expected at most \(Self.longestFile) bytes of JSON, found \(bytes.count)")
    }
    do throws(StrictJSON.Problem) {
      values = try StrictJSON.decode(from: bytes)
    } catch {
      throw .invalidSource(path: file, problem: "expected a JSON object: \(error)")
    }
  }

  init(_ values: [String: JSONValue], file: String) { (self.values, self.file) = (values, file) }

  var keys: [String] { values.keys.sorted() }

  func has(_ key: String) -> Bool {
    guard let value = values[key] else { return false }
    if case .null = value { return false }
    return true
  }

  func object(_ key: String) throws(ImportError) -> JSONObject? {
    guard case .object(let object)? = try value(key, "an object", where: \.isObject) else { return nil }
    return JSONObject(object, file: file)
  }

  /// The object of that key; nil for anything else.
  func objectIfAny(_ key: String) throws(ImportError) -> JSONObject? {
    guard case .object? = values[key] else { return nil }
    return try object(key)
  }

  func text(_ key: String) throws(ImportError) -> String? {
    guard case .text(let text)? = try value(key, "a text", where: \.isText) else { return nil }
    return text
  }

  func flag(_ key: String) throws(ImportError) -> Bool? {
    guard case .flag(let flag)? = try value(key, "true or false", where: \.isFlag) else { return nil }
    return flag
  }

  func number(_ key: String) throws(ImportError) -> Double? {
    guard case .number(let number)? = try value(key, "a number", where: \.isNumber) else { return nil }
    return number
  }

  func numbers(_ key: String, count: Int) throws(ImportError) -> [Double]? {
    guard case .list(let list)? = try value(key, "\(count) numbers", where: \.isList) else { return nil }
    let numbers = list.compactMap { if case .number(let number) = $0 { number } else { nil } as Double? }
    guard list.count == count, numbers.count == count else {
      throw problem("expected \(key) to be \(count) numbers, found \(list.count) values")
    }
    return numbers
  }

  /// The value of a key as it is.
  subscript(key: String) -> JSONValue? { values[key] }

  /// The numbers of that key; nil for anything but a list.
  func numbersIfAny(_ key: String, count: Int) throws(ImportError) -> [Double]? {
    guard case .list? = values[key] else { return nil }
    return try numbers(key, count: count)
  }

  func list(_ key: String) throws(ImportError) -> [JSONValue]? {
    guard case .list(let list)? = try value(key, "a list", where: \.isList) else { return nil }
    return list
  }

  func problem(_ text: String) -> ImportError { .invalidSource(path: file, problem: text) }

  private func value(
    _ key: String, _ expected: String, where fits: (JSONValue) -> Bool
  ) throws(ImportError) -> JSONValue? {
    guard has(key), let value = values[key] else { return nil }
    guard fits(value) else { throw problem("expected \(key) to be \(expected), found \(value.kind)") }
    return value
  }
}

/// Any JSON value.
enum JSONValue: Decodable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([JSONValue].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  var isObject: Bool { if case .object = self { true } else { false } }
  var isText: Bool { if case .text = self { true } else { false } }
  var isFlag: Bool { if case .flag = self { true } else { false } }
  var isNumber: Bool { if case .number = self { true } else { false } }
  var isList: Bool { if case .list = self { true } else { false } }

  /// What it is, in words.
  var kind: String {
    switch self {
    case .null: "null"
    case .flag: "true or false"
    case .number: "a number"
    case .text: "a text"
    case .list: "a list"
    case .object: "an object"
    }
  }
}
