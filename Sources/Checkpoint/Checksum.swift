import CXXHash
import CheckpointFormat

/// XXH3, 64 bits, seed 0, over bytes that arrive in pieces.
///
/// It detects damage at memory speed; it is no protection against forgery.
struct Checksum: ~Copyable {
  private let state: OpaquePointer

  init() {
    guard let state = XXH3_createState() else { fatalError("out of memory") }
    self.state = state
    XXH3_64bits_reset(state)
  }

  deinit { XXH3_freeState(state) }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    XXH3_64bits_update(state, bytes.baseAddress, bytes.count)
  }

  var value: UInt64 { XXH3_64bits_digest(state) }

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    XXH3_64bits(bytes.baseAddress, bytes.count)
  }
}

extension Layout {
  /// The checksum of a header: of the bytes before the data section, the checksum's own field as zero.
  package static func headerChecksum(_ header: UnsafeRawBufferPointer) -> UInt64 {
    var checksum = Checksum()
    checksum.update(UnsafeRawBufferPointer(rebasing: header[..<Preamble.headerChecksum]))
    withUnsafeBytes(of: UInt64(0)) { checksum.update($0) }
    checksum.update(UnsafeRawBufferPointer(rebasing: header[preambleLength...]))
    return checksum.value
  }
}
