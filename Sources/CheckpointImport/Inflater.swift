import CZlib
import Checkpoint
import Glibc

/// Deflated members of an archive, inflated into one file that has no name, so that it goes with its mapping or with the
/// process, however that ends.
package struct Inflater: ~Copyable {
  /// Weights hardly become smaller; what becomes so much smaller is no model.
  private static let greatestRatio = 200
  private static let smallByteCount = 64 << 20
  private static let bufferByteCount = 1 << 20

  private let path: String
  private let folder: String
  private let descriptor: Int32
  private var written = 0
  private var budget: Int

  /// - Parameters:
  ///   - path: of the archive, for errors.
  ///   - byteCount: of the archive.
  ///   - folder: where the inflated file lies; TMPDIR or /tmp by default.
  package init(path: String, archiveByteCount byteCount: Int, folder: String? = nil) throws(ImportError) {
    let folder = folder ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(folder)/softmoe-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    if descriptor >= 0 { unlink(template) }
    (self.path, self.folder) = (path, folder)
    budget = max(
      Self.smallByteCount, byteCount.multipliedReportingOverflow(by: Self.greatestRatio).partialValue)
    guard descriptor >= 0 else {
      throw .invalidSource(
        path: path,
        problem: "it is compressed, and no file can be made in \(folder) to inflate it: \(Self.words)")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  private static var words: String { String(cString: strerror(errno)) }

  /// Inflates a member.
  ///
  /// - Returns: where in the file it lies.
  mutating func inflate(_ member: ZIPArchive.Member, of bytes: UnsafeRawBufferPointer) throws(ImportError)
    -> Range<Int>
  {
    guard let (byteCount, checksum) = member.deflated else { return try append(bytes[member.data]) }
    func problem(_ text: String) -> ImportError {
      .invalidSource(path: path, problem: "member \(quoted(member.name)): \(text)")
    }
    guard byteCount <= budget else {
      throw problem("it says to be \(byteCount) bytes, far more than its archive can hold; is it a model?")
    }
    budget -= byteCount
    var stream = z_stream()
    guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw problem("no memory to inflate it")
    }
    defer { inflateEnd(&stream) }
    let start = written
    var rest = bytes[member.data]
    var sum = crc32(0, nil, 0)
    var status = Z_OK
    var buffer = [UInt8](repeating: 0, count: Self.bufferByteCount)
    while status == Z_OK {
      // zlib counts in 32 bits.
      let input = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let (produced, consumed) = buffer.withUnsafeMutableBytes { output -> (Int, Int) in
        // Read only, though zlib's type does not say so.
        stream.next_in = UnsafeMutablePointer(
          mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        let count = output.count - Int(stream.avail_out)
        sum = crc32(sum, output.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(count))
        return (count, input.count - Int(stream.avail_in))
      }
      rest = rest.dropFirst(consumed)
      guard written - start + produced <= byteCount, produced > 0 || consumed > 0 || status == Z_STREAM_END
      else {
        break
      }
      let appended = buffer.withUnsafeBytes { bytes in
        Result { () throws(ImportError) in try append(bytes[..<produced]) }
      }
      _ = try appended.get()
    }
    guard status == Z_STREAM_END, written - start == byteCount, sum == UInt(checksum) else {
      throw problem("its compressed bytes are damaged; copy the file again")
    }
    return start..<written
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(ImportError) -> Range<Int> {
    let start = written
    var rest = bytes
    while !rest.isEmpty {
      let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw .invalidSource(
          path: path,
          problem: "it is compressed, and inflating it in \(folder) failed: \(Self.words)")
      }
      rest = rest.dropFirst(count)
      written += count
    }
    return start..<written
  }

  /// What has been inflated, mapped.
  consuming func finish() throws(ImportError) -> MappedFile {
    do throws(CheckpointError) { return try MappedFile(descriptor: descriptor, path: path) } catch {
      throw .checkpoint(error)
    }
  }
}
