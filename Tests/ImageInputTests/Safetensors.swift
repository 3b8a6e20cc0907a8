import Foundation

/// Reads the 8-bit tensors of a safetensors file; test files only, so it trusts them.
struct Safetensors {
  private let bytes: [UInt8]
  private let header: [String: Any]
  private let start: Int

  init(_ url: URL) throws {
    bytes = [UInt8](try Data(contentsOf: url))
    let length = bytes[0..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    start = 8 + length
    header =
      try JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any] ?? [:]
  }

  var names: [String] { header.keys.filter { $0 != "__metadata__" }.sorted() }

  /// The values of a tensor and its shape.
  func bytes(_ name: String) -> (shape: [Int], values: [UInt8])? {
    guard let entry = header[name] as? [String: Any], let shape = entry["shape"] as? [Int],
      let offsets = entry["data_offsets"] as? [Int]
    else { return nil }
    return (shape, Array(bytes[(start + offsets[0])..<(start + offsets[1])]))
  }
}
