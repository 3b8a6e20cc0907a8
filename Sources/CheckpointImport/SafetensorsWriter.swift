import Checkpoint
import FoundationEssentials
import Glibc

/// Writes float tensors that share their first axis as a safetensors file, some rows of it at a time.
///
/// A reader never sees half a file: until `finish` the bytes are in a temporary file beside it.
/// - Source: the format's description at huggingface/safetensors.
package struct SafetensorsWriter: ~Copyable {
  private let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private let preamble: [UInt8]
  private let places: [String: Place]
  private var isFinished = false

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
    var header: [UInt8]
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      header = [UInt8](try encoder.encode(entries))
    } catch {
      throw .unwritable(path: path, reason: "\(error)")
    }
    // The format pads with spaces, so that the data is aligned.
    header += Array(repeating: UInt8(ascii: " "), count: -header.count & 7)
    let preamble = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    let partial = path + ".partial-\(getpid())"
    let opened = open(partial, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard opened >= 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
    self.places = places.mapValues { Place(offset: $0.offset + preamble.count, rowBytes: $0.rowBytes) }
    self.path = path
    temporaryPath = partial
    descriptor = opened
    self.preamble = preamble
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(temporaryPath) }
  }

  /// Writes consecutive rows of a tensor, the first of them at index `row` of the first axis.
  package func write(_ values: [Float], of name: String, atRow row: Int) throws(CheckpointError) {
    guard let place = places[name] else { preconditionFailure("no tensor '\(name)' was announced") }
    precondition(values.count * 4 % max(place.rowBytes, 4) == 0, "whole rows of '\(name)'")
    try values.span.bytes.withUnsafeBytes { bytes throws(CheckpointError) in
      try write(bytes, at: place.offset + row * place.rowBytes)
    }
  }

  /// Writes the header and puts the file in its place.
  package consuming func finish() throws(CheckpointError) {
    try preamble.span.bytes.withUnsafeBytes { bytes throws(CheckpointError) in try write(bytes, at: 0) }
    guard rename(temporaryPath, path) == 0 else {
      throw .unwritable(path: path, reason: String(cString: strerror(errno)))
    }
    isFinished = true
  }

  private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw .unwritable(path: path, reason: String(cString: strerror(errno))) }
      done += written
    }
  }
}
