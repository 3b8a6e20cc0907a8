import Checkpoint

/// A checkpoint's bytes with the header checksum that belongs to them: what a forger would write.
package func sealed(_ bytes: [UInt8], dataOffset: Int = Layout.dataAlignment) -> [UInt8] {
  var bytes = bytes
  let checksum = bytes.withUnsafeBytes {
    Layout.headerChecksum(UnsafeRawBufferPointer(rebasing: $0[..<dataOffset]))
  }
  withUnsafeBytes(of: checksum.littleEndian) {
    let place = Layout.Preamble.headerChecksum
    bytes.replaceSubrange(place..<place + $0.count, with: $0)
  }
  return bytes
}
