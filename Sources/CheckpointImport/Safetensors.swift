import Checkpoint

/// Reads the table of a safetensors file: u64 length, a JSON object of that length, then the data.
///
/// Every offset is checked before it is used: the tensors tile the data, each as long as its shape says.
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

  package static func source(in file: MappedFile, path: String) throws(ImportError) -> SourceFile {
    func problem(_ text: String) -> ImportError { .invalidSource(path: path, problem: text) }
    let bytes = file.bytes
    guard bytes.count >= 8 else { throw problem("expected a safetensors header, found \(bytes.count) bytes") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    let longest = min(longestHeader, bytes.count - 8)
    guard length <= UInt64(longest) else {
      throw problem(
        "expected the length of a safetensors header, at most \(longest), found \(length); is it a model, and "
          + "whole?")
    }
    let dataStart = 8 + Int(length)
    let table: [String: Value]
    do throws(StrictJSON.Problem) {
      table = try StrictJSON.decode(from: UnsafeRawBufferPointer(rebasing: bytes[8..<dataStart]))
    } catch {
      throw problem("the header is not the JSON object that safetensors describes: \(error)")
    }
    var places: [Place] = []
    for (name, value) in table {
      guard case .tensor(let entry) = value else { continue }
      places.append(try place(of: name, entry, dataCount: bytes.count - dataStart, path: path))
    }
    try requireTiling(places, dataCount: bytes.count - dataStart, path: path)
    var source = SourceFile()
    for place in places.sorted(by: { $0.name < $1.name }) {
      guard let type = place.type else {
        source.setAside.append(place.name)
        continue
      }
      source.tensors.append(
        SourceTensor(
          name: place.name, type: type, shape: place.shape, offset: dataStart + place.bytes.lowerBound,
          file: file))
    }
    return source
  }

  /// A hundred thousand tensors' worth. The format allows 100 MB, for which decoding JSON takes 2.5 GB.
  static let longestHeader = 16 << 20

  /// A tensor and its bytes, counted from the start of the data.
  private struct Place {
    let name: String
    /// nil for integers and booleans, which are no weights.
    let type: SourceType?
    let shape: [Int]
    let bytes: Range<Int>
  }

  /// Bytes of what is no weight.
  private static let otherTypes = [
    "I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1,
  ]

  private static func place(of name: String, _ entry: Entry, dataCount: Int, path: String)
    throws(ImportError) -> Place
  {
    func problem(_ text: String) -> ImportError {
      .invalidSource(path: path, problem: "tensor \(quoted(name)): \(text)")
    }
    let type = SourceType(safetensors: entry.dtype)
    guard let byteCount = type?.byteCount ?? otherTypes[entry.dtype] else {
      throw problem("expected type F64, F32, F16 or BF16, found \(quoted(entry.dtype))")
    }
    let count = try SourceTensor.count(of: name, shape: entry.shape, path: path)
    guard entry.offsets.count == 2, let begin = entry.offsets.first, let end = entry.offsets.last, begin >= 0,
      begin <= end, end <= dataCount
    else {
      throw problem(
        "expected two offsets, in order, within \(dataCount) bytes of data, found \(entry.offsets.prefix(4))")
    }
    guard checkedProduct([count, byteCount]) == end - begin else {
      throw problem("\(entry.dtype) \(entry.shape) does not fit its \(end - begin) bytes")
    }
    return Place(name: name, type: type, shape: entry.shape, bytes: begin..<end)
  }

  /// The format wants every byte of the data in exactly one tensor.
  private static func requireTiling(_ places: [Place], dataCount: Int, path: String) throws(ImportError) {
    var end = 0
    for place in places.sorted(by: {
      ($0.bytes.lowerBound, $0.bytes.upperBound) < ($1.bytes.lowerBound, $1.bytes.upperBound)
    }) {
      guard place.bytes.lowerBound == end else {
        throw .invalidSource(
          path: path,
          problem:
            "tensor \(quoted(place.name)): expected offset \(end), right after the tensor before, found "
            + "\(place.bytes.lowerBound)")
      }
      end = place.bytes.upperBound
    }
    guard end == dataCount else {
      throw .invalidSource(
        path: path, problem: "expected the data to end at \(end), with the last tensor, found \(dataCount)")
    }
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
