import Checkpoint
import FoundationEssentials

/// Reads the table of a safetensors file: u64 length, a JSON object of that length, then the data.
///
/// Every offset is checked before it is used: inside the data, as long as the shape says.
/// - Source: the format's description at huggingface/safetensors.
package enum Safetensors {
  private struct Entry: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// The object's values: tensors, and one `__metadata__` that is no tensor.
  private enum Value: Decodable {
    case tensor(Entry)
    case metadata

    init(from decoder: any Decoder) throws {
      if decoder.codingPath.last?.stringValue == "__metadata__" {
        self = .metadata
      } else {
        self = .tensor(try Entry(from: decoder))
      }
    }
  }

  package static func tensors(in file: MappedFile, path: String) throws(ImportError) -> [SourceTensor] {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    let bytes = file.bytes
    guard bytes.count >= 8 else { throw problem("expected a safetensors header, found \(bytes.count) bytes") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= 100 << 20, length <= UInt64(bytes.count - 8) else {
      throw problem("the header's length \(length) goes past the end of the file or above 100 MiB")
    }
    let dataStart = 8 + Int(length)
    let table: [String: Value]
    do {
      table = try JSONDecoder().decode([String: Value].self, from: Data(bytes[8..<dataStart]))
    } catch {
      throw problem("the header is not the JSON object that safetensors describes")
    }
    var tensors: [SourceTensor] = []
    for (name, value) in table.sorted(by: { $0.key < $1.key }) {
      guard case .tensor(let entry) = value else { continue }
      guard let type = SourceType(safetensors: entry.dtype) else {
        throw problem("tensor '\(name)': type \(entry.dtype) is none of F64, F32, F16, BF16")
      }
      let dataCount = bytes.count - dataStart
      guard
        entry.offsets.count == 2, let count = checkedProduct(entry.shape),
        let length = checkedProduct([count, type.byteCount]),
        case let (begin, end) = (entry.offsets[0], entry.offsets[1]),
        begin >= 0, begin <= end, end <= dataCount, end - begin == length
      else { throw problem("tensor '\(name)': shape \(entry.shape) and offsets \(entry.offsets) do not fit") }
      tensors.append(
        SourceTensor(name: name, type: type, shape: entry.shape, offset: dataStart + begin, file: file))
    }
    return tensors
  }
}

extension SourceType {
  fileprivate init?(safetensors name: String) {
    switch name {
    case "F64": self = .f64
    case "F32": self = .f32
    case "F16": self = .f16
    case "BF16": self = .bf16
    default: return nil
    }
  }
}
