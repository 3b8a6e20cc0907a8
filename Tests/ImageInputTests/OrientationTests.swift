import ImageInput
import Testing

@Suite struct OrientationTests {
  /// One directory with one entry.
  private func exif(tag: [UInt8], type: UInt8, count: UInt8, value: UInt8, little: Bool) -> [UInt8] {
    let entry: [UInt8] =
      little
      ? tag.reversed() + [type, 0, count, 0, 0, 0, value, 0, 0, 0]
      : tag + [0, type, 0, 0, 0, count] + (type == 3 ? [0, value, 0, 0] : [0, 0, 0, value])
    let header: [UInt8] =
      little ? Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0] : Array("MM\0*".utf8) + [0, 0, 0, 8, 0, 1]
    return header + entry + [0, 0, 0, 0]
  }

  @Test(arguments: [true, false], [3, 4] as [UInt8])
  func bothByteOrders(little: Bool, type: UInt8) {
    for value in UInt8(1)...8 {
      let bytes = exif(tag: [0x01, 0x12], type: type, count: 1, value: value, little: little)
      #expect(Orientation(exif: ByteReader(bytes[...]), xmp: nil).rawValue == Int(value))
      let marked = Array("Exif\0\0".utf8) + bytes
      #expect(Orientation(exif: ByteReader(marked[...]), xmp: nil).rawValue == Int(value))
    }
  }

  @Test func nonsenseIsUpright() {
    for value: UInt8 in [0, 9, 255] {
      let bytes = exif(tag: [0x01, 0x12], type: 3, count: 1, value: value, little: true)
      #expect(Orientation(exif: ByteReader(bytes[...]), xmp: nil) == .upright)
    }
    let other = exif(tag: [0x01, 0x13], type: 3, count: 1, value: 6, little: true)
    #expect(Orientation(exif: ByteReader(other[...]), xmp: nil) == .upright)
    let whole = exif(tag: [0x01, 0x12], type: 3, count: 1, value: 6, little: false)
    for end in 0..<18 {
      #expect(Orientation(exif: ByteReader(whole[0..<end]), xmp: nil) == .upright)
    }
    // A directory far outside the block.
    #expect(Orientation(exif: ByteReader(Array("II*\0".utf8) + [255, 255, 255, 255]), xmp: nil) == .upright)
  }

  @Test func xmpSpeaksWhenExifIsSilent() {
    let xmp = ByteReader(Array("<a tiff:Orientation=\"8\"/>".utf8)[...])
    #expect(Orientation(exif: nil, xmp: xmp) == .threeQuarterTurn)
    let element = ByteReader(Array("t<tiff:Orientation>3</tiff:Orientation>".utf8)[...])
    #expect(Orientation(exif: nil, xmp: element) == .halfTurn)
    let exif = exif(tag: [0x01, 0x12], type: 3, count: 1, value: 1, little: true)
    #expect(Orientation(exif: ByteReader(exif[...]), xmp: xmp) == .upright)
    #expect(Orientation(exif: nil, xmp: ByteReader(Array("tiff:Orientation=".utf8)[...])) == .upright)
  }
}
