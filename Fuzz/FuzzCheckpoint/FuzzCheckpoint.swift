import Checkpoint
import FuzzDriver
import Glibc

/// Opens each input as a checkpoint and reads every tensor that it claims to have.
@main struct FuzzCheckpoint {
  static func main() {
    exit(
      fuzz { start, count in
        var bytes = Array(UnsafeBufferPointer(start: start, count: count))
        FuzzCheckpoint.mendChecksum(of: &bytes)
        bytes.withUnsafeBytes { withFile($0, FuzzCheckpoint.read) }
        return 0
      })
  }

  private static func read(_ path: String) {
    guard let checkpoint = try? Checkpoint(path: path) else { return }
    for tensor in checkpoint.tensors where tensor.arrangement == .rowMajor { _ = tensor.floats().count }
    _ = (try? checkpoint.section(.name)).map(Naming.problem(ofName:))
    _ = (try? checkpoint.section(.labels)).map(Naming.problem(ofLabels:))
    try? checkpoint.verify()
  }

  /// No fuzzer would get past a header whose checksum does not fit.
  private static func mendChecksum(of bytes: inout [UInt8]) {
    typealias Field = Layout.Preamble
    guard bytes.count >= Layout.preambleLength else { return }
    let dataOffset = bytes[Field.dataOffset..<Field.dataOffset + 8].reversed().reduce(0) {
      $0 &<< 8 | Int($1)
    }
    guard (Layout.preambleLength...bytes.count).contains(dataOffset) else { return }
    let checksum = bytes.withUnsafeBytes {
      Layout.headerChecksum(UnsafeRawBufferPointer(rebasing: $0[..<dataOffset]))
    }
    withUnsafeBytes(of: checksum.littleEndian) {
      bytes.replaceSubrange(Field.headerChecksum..<Field.headerChecksum + 8, with: $0)
    }
  }
}
