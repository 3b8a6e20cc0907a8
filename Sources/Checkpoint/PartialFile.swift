import Glibc

/// A file that is written beside its place and moved there when it is whole: a reader never sees half of it.
///
/// What is never committed leaves nothing behind.
package struct PartialFile: ~Copyable {
  /// Where the bytes are until `commit`.
  package let temporaryPath: String
  private let path: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Starts an empty file.
  ///
  /// - Throws: `CheckpointError.unwritable`.
  package init(path: String) throws(CheckpointError) {
    self.path = path
    temporaryPath = path + ".partial-\(getpid())"
    // One that an earlier process of this number left.
    unlink(temporaryPath)
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .unwritable(path: path, reason: systemError()) }
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Writes bytes at a place of the file, in any order.
  ///
  /// - Throws: `CheckpointError.unwritable`.
  package func write(_ bytes: RawSpan, at offset: Int) throws(CheckpointError) {
    try bytes.withUnsafeBytes { bytes throws(CheckpointError) in
      var done = 0
      while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let written = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { throw .unwritable(path: path, reason: systemError()) }
        done += written
      }
    }
  }

  /// Puts the file in its place, on the disk before it is there.
  ///
  /// - Throws: `CheckpointError.unwritable`; what was at the path stays then.
  package consuming func commit() throws(CheckpointError) {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else {
      throw .unwritable(path: path, reason: systemError())
    }
    isCommitted = true
  }
}
