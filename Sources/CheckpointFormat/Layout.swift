/// The fixed numbers of the file format. `docs/checkpoint-format.md` is the specification.
package enum Layout {
  /// 0x89 keeps text tools away; CR LF and Ctrl-Z reveal a transfer in text mode.
  package static let magic: [UInt8] = [0x89, 0x53, 0x4D, 0x4F, 0x45, 0x0D, 0x0A, 0x1A]
  /// What is written, and all that is read.
  package static let version: UInt32 = 2
  package static let byteOrderMark: UInt32 = 0x0102_0304
  package static let preambleLength = 128
  package static let recordLength = 128
  package static let nameLength = 64
  package static let maximumRank = 4
  package static let maximumMetadataLength = 64 << 20
  package static let maximumTensorCount = 1 << 20
  package static let tableAlignment = 8
  package static let tensorAlignment = 64
  package static let dataAlignment = 4096

  /// Byte offsets of the preamble's fields.
  package enum Preamble {
    package static let magic = 0
    package static let version = 8
    package static let byteOrderMark = 12
    package static let fileLength = 16
    package static let metadataOffset = 24
    package static let metadataLength = 32
    package static let tableOffset = 40
    package static let tensorCount = 48
    package static let dataOffset = 56
    package static let reserved = 64
    package static let headerChecksum = 120
  }

  /// Byte offsets within a record of the tensor table.
  package enum Record {
    package static let name = 0
    package static let type = 64
    package static let arrangement = 66
    package static let rank = 68
    package static let dimensions = 72
    package static let offset = 104
    package static let length = 112
    package static let checksum = 120
  }

  /// `value` rounded up to a multiple of `alignment` (a power of two); nil on overflow.
  package static func aligned(_ value: UInt64, to alignment: Int) -> UInt64? {
    let mask = UInt64(alignment - 1)
    let (sum, overflow) = value.addingReportingOverflow(mask)
    return overflow ? nil : sum & ~mask
  }

  /// The same for a place in a file that exists or is written, which is far from overflow.
  package static func aligned(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) & ~(alignment - 1)
  }

  /// Where the tensor table begins.
  package static func tableOffset(metadataEnd: Int) -> Int { aligned(metadataEnd, to: tableAlignment) }

  /// Where the tensors begin.
  package static func dataOffset(tableEnd: Int) -> Int { aligned(tableEnd, to: dataAlignment) }
}
