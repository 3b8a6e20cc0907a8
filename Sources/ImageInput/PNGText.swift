import CZlib

/// A PNG's `tEXt`, `zTXt` or `iTXt` chunk, inflated only when somebody asks.
struct PNGText {
  /// The names of the texts that say how an image is turned.
  enum Keyword: CaseIterable {
    case xmp
    /// ImageMagick's way of keeping EXIF: a hexadecimal dump.
    case rawExif
    /// EXIF as it is.
    case exif
  }

  let keyword: Keyword
  private let content: ByteReader
  private let isCompressed: Bool
  private let kind: Kind

  /// Nil for all other keywords, and for what is no such chunk.
  init?(_ kind: Kind, _ payload: ByteReader) {
    guard
      let keyword = Keyword.allCases.first(where: {
        payload.matches($0.text, at: 0) && payload.byte(at: $0.text.utf8CodeUnitCount) == 0
      })
    else { return nil }
    (self.keyword, self.kind) = (keyword, kind)
    var start = keyword.text.utf8CodeUnitCount + 1
    switch kind {
    case .plain:
      isCompressed = false
    case .compressed:
      guard payload.byte(at: start) == 0 else { return nil }
      isCompressed = true
      start += 1
    case .international:
      guard let flag = payload.byte(at: start), let method = payload.byte(at: start + 1) else { return nil }
      isCompressed = flag != 0
      // A language and a translated keyword stand between.
      guard method == 0 || !isCompressed, let language = payload.firstIndex(of: 0, from: start + 2),
        let translation = payload.firstIndex(of: 0, from: language + 1)
      else { return nil }
      start = translation + 1
    }
    guard let content = payload.slice(from: start) else { return nil }
    self.content = content
  }

  enum Kind {
    case plain
    case compressed
    case international
  }

  /// The text, or as much of it as is searched.
  var bytes: ByteReader { isCompressed ? Self.inflated(content) : content }

  /// The text of a `tEXt` chunk.
  var plainBytes: ByteReader? { kind == .plain ? content : nil }

  /// The bytes of a raw profile: three lines, then two digits a byte, among white space.
  var rawProfile: ByteReader {
    let text = bytes
    var start = 0
    for _ in 0..<3 {
      guard let end = text.firstIndex(of: UInt8(ascii: "\n"), from: start) else { return ByteReader([]) }
      start = end + 1
    }
    var profile: [UInt8] = []
    var high: UInt8?
    for offset in start..<max(start, min(text.count, start + Self.limit)) {
      guard let character = text.byte(at: offset) else { break }
      guard let digit = Self.digit(character) else {
        if character <= UInt8(ascii: " ") { continue } else { break }
      }
      if let first = high {
        profile.append(first << 4 | digit)
        high = nil
      } else {
        high = digit
      }
    }
    return ByteReader(profile[...])
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// Bytes that are inflated and read at most: a whole EXIF block of 64 KiB as digits, twice.
  private static let limit = Orientation.searchedXMPByteCount

  private static func inflated(_ content: ByteReader) -> ByteReader {
    let text = content.withBytes { source in
      [UInt8](unsafeUninitializedCapacity: limit) { target, count in
        var stream = z_stream()
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
        stream.avail_in = UInt32(clamping: source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(limit)
        guard inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return }
        // What was inflated before an error is as good as the rest.
        _ = CZlib.inflate(&stream, Z_FINISH)
        count = limit - Int(stream.avail_out)
        inflateEnd(&stream)
      }
    }
    return ByteReader((text ?? [])[...])
  }
}

extension PNGText.Keyword {
  fileprivate var text: StaticString {
    switch self {
    case .xmp: "XML:com.adobe.xmp"
    case .rawExif: "Raw profile type exif"
    case .exif: "exif"
    }
  }
}
