import Checkpoint

/// Writes float tensors that share their first axis as a safetensors file, some rows of it at a time.
///
/// A reader never sees half a file: until `finish` the bytes are in a temporary file beside it.
/// - Source: the format's description at huggingface/safetensors.
package struct SafetensorsWriter: ~Copyable {
  private let file: PartialFile
  private let preamble: [UInt8]
  private let places: [String: Place]

  private struct Place {
    var offset: Int
    var rowBytes: Int
  }

  private struct Entry: Encodable {
    let dtype = "F32"
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
      case dtype, shape
      case offsets = "data_offsets"
    }
  }

  /// Starts a file.
  ///
  /// - Parameter shapes: each tensor's name and dimensions, all of them with the same first one.
  /// - Throws: `CheckpointError.unwritable`.
  package init(path: String, shapes: [String: [Int]]) throws(CheckpointError) {
    var entries: [String: Entry] = [:]
    var places: [String: Place] = [:]
    var end = 0
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      let rowBytes = shape.dropFirst().reduce(4, *)
      let start = end
      end += rowBytes * (shape.first ?? 1)
      entries[name] = Entry(shape: shape, offsets: [start, end])
      places[name] = Place(offset: start, rowBytes: rowBytes)
    }
    var header = try StrictJSON.encode(entries, for: path)
    // The format pads with spaces, so that the data is aligned.
    header += Array(repeating: UInt8(ascii: " "), count: -header.count & 7)
    let preamble = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    let file = try PartialFile(path: path)
    self.places = places.mapValues { Place(offset: $0.offset + preamble.count, rowBytes: $0.rowBytes) }
    self.file = file
    self.preamble = preamble
  }

  /// Writes consecutive rows of a tensor, the first of them at index `row` of the first axis.
  package func write(_ values: [Float], of name: String, atRow row: Int) throws(CheckpointError) {
    guard let place = places[name] else { preconditionFailure("no tensor '\(name)' was announced") }
    precondition(values.count * 4 % max(place.rowBytes, 4) == 0, "whole rows of '\(name)'")
    try file.write(values.span.bytes, at: place.offset + row * place.rowBytes)
  }

  /// Writes the header and puts the file in its place.
  package consuming func finish() throws(CheckpointError) {
    try file.write(preamble.span.bytes, at: 0)
    try file.commit()
  }
}
