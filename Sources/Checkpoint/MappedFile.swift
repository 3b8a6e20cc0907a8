import Glibc

/// A file mapped read-only into memory for as long as this object lives.
///
/// Nothing is copied: pages come in when they are touched, and every process that maps the same file
/// shares them. A file that is cut short while it is mapped ends the process: see `TruncationGuard`.
package final class MappedFile: @unchecked Sendable {
  // @unchecked: the mapping is read-only and is released only by deinit.

  /// The file's bytes. Valid while this object is alive.
  package let bytes: UnsafeRawBufferPointer

  /// Maps a whole regular file.
  ///
  /// - Throws: `CheckpointError.unreadable` if it is absent, forbidden, empty, or no regular file.
  package convenience init(path: String) throws(CheckpointError) {
    // O_NONBLOCK: opening a FIFO must fail below, not wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemError()) }
    defer { close(descriptor) }
    try self.init(descriptor: descriptor, path: path)
  }

  /// Maps a whole regular file that is open for reading, and leaves it open.
  ///
  /// - Parameter path: for errors.
  /// - Throws: as `init(path:)`.
  package init(descriptor: Int32, path: String) throws(CheckpointError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: systemError()) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "expected a regular file, found \(kind(of: status))")
    }
    guard status.st_size > 0 else {
      throw .unreadable(path: path, reason: "expected a model, found an empty file; copy it again")
    }
    let length = Int(status.st_size)
    TruncationGuard.install
    guard let base = mmap(nil, length, PROT_READ, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
      throw .unreadable(path: path, reason: systemError())
    }
    bytes = UnsafeRawBufferPointer(start: base, count: length)
  }

  /// Lets go of the pages read so far; touching them again reads the file again.
  ///
  /// For one who reads a large file once: its pages would otherwise count as this process' memory.
  package func releasePages() {
    madvise(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, Int32(MADV_DONTNEED))
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
  }
}

private func kind(of status: stat) -> String {
  switch status.st_mode & S_IFMT {
  case S_IFDIR: "a directory"
  case S_IFIFO: "a pipe"
  case S_IFSOCK: "a socket"
  default: "a device"
  }
}

/// The words of the C library for `errno`.
func systemError() -> String { String(cString: strerror(errno)) }
