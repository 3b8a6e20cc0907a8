/// The fixed numbers of the file format. `docs/checkpoint-format.md` is the specification.
package enum Layout {
  /// 0x89 keeps text tools away; CR LF and Ctrl-Z reveal a transfer in text mode.
  static let magic: [UInt8] = [0x89, 0x53, 0x4D, 0x4F, 0x45, 0x0D, 0x0A, 0x1A]
  /// What is written. Version 1, which is read too, has row-major tensors alone.
  static let version: UInt32 = 2
  static let byteOrderMark: UInt32 = 0x0102_0304
  static let preambleLength = 128
  static let recordLength = 128
  static let nameLength = 64
  static let maximumRank = 4
  static let maximumMetadataLength = 64 << 20
  static let maximumTensorCount = 1 << 20
  static let tensorAlignment = 64
  static let dataAlignment = 4096

  /// Byte offsets of the preamble's fields.
  enum Preamble {
    static let magic = 0
    static let version = 8
    static let byteOrderMark = 12
    static let fileLength = 16
    static let metadataOffset = 24
    static let metadataLength = 32
    static let tableOffset = 40
    static let tensorCount = 48
    static let dataOffset = 56
    static let reserved = 64
    static let headerChecksum = 120
  }

  /// Byte offsets within a record of the tensor table.
  enum Record {
    static let name = 0
    static let type = 64
    static let arrangement = 66
    static let rank = 68
    static let dimensions = 72
    static let offset = 104
    static let length = 112
    static let checksum = 120
  }

  /// `value` rounded up to a multiple of `alignment` (a power of two); nil on overflow.
  static func aligned(_ value: UInt64, to alignment: Int) -> UInt64? {
    let mask = UInt64(alignment - 1)
    let (sum, overflow) = value.addingReportingOverflow(mask)
    return overflow ? nil : sum & ~mask
  }

  /// The checksum of a header: of the bytes before the data section, the checksum's own field as zero.
  package static func headerChecksum(_ header: UnsafeRawBufferPointer) -> UInt64 {
    var checksum = Checksum()
    checksum.update(UnsafeRawBufferPointer(rebasing: header[..<Preamble.headerChecksum]))
    withUnsafeBytes(of: UInt64(0)) { checksum.update($0) }
    checksum.update(UnsafeRawBufferPointer(rebasing: header[preambleLength...]))
    return checksum.value
  }
}
