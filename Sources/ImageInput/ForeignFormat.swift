/// Formats that people send and that are not read, told by their first bytes, so that a refusal can say what
/// came.
package enum ForeignFormat: String, Sendable, CaseIterable {
  case heic = "HEIC"
  case avif = "AVIF"
  case gif = "GIF"
  case tiff = "TIFF"
  case raw = "a camera's raw photo"
  case bmp = "BMP"
  case jpegXL = "JPEG XL"
  case jpeg2000 = "JPEG 2000"
  case ico = "an icon (ICO)"
  case psd = "a Photoshop document"
  case video = "a video (MP4 or QuickTime)"
  case pdf = "PDF"
  case svg = "SVG"
  case html = "an HTML page"
  case gzip = "gzip"
  case json = "JSON"
  case base64 = "a photo as base64 text"
  case dataURL = "a data: URL"

  /// What to do about it.
  package var advice: String {
    switch self {
    case .heic: "convert it to JPEG, or set the phone's camera to its most compatible format"
    case .avif, .gif, .tiff, .bmp, .jpegXL, .jpeg2000, .ico, .psd: "convert it to PNG or JPEG"
    case .raw: "export it as JPEG"
    case .video: "send one of its frames as JPEG"
    case .pdf, .svg: "draw it as PNG"
    case .html: "send the image itself, not the page that shows it"
    case .gzip: "send the image as it is, not compressed"
    case .json: "send the image's bytes as the body, not JSON"
    case .base64, .dataURL: "send the image's bytes themselves: decode the base64 first"
    }
  }

  /// Nil when nothing is recognised.
  package init?(detecting file: ByteReader) {
    guard let found = Self.binary(file) ?? Self.text(file) else { return nil }
    self = found
  }

  private static func binary(_ file: ByteReader) -> ForeignFormat? {
    if file.matches("ftyp", at: 4) { return brand(file) }
    if file.matches("GIF87a", at: 0) || file.matches("GIF89a", at: 0) { return .gif }
    if file.matches("BM", at: 0), file.uint32(at: 6, .little) == 0 { return .bmp }
    if file.matches("II*\0", at: 0) || file.matches("MM\0*", at: 0) {
      return file.matches("CR\u{2}", at: 8) ? .raw : .tiff
    }
    if file.matches("FUJIFILMCCD-RAW", at: 0) || file.matches("IIRO", at: 0) || file.matches("IIU\0", at: 0) {
      return .raw
    }
    if file.uint32(at: 0, .big) == 0x0000_000C {
      if file.matches("JXL ", at: 4) { return .jpegXL }
      if file.matches("jP  ", at: 4) { return .jpeg2000 }
    }
    switch file.uint16(at: 0, .big) {
    case 0xFF0A: return .jpegXL
    case 0xFF4F: return .jpeg2000
    case 0x1F8B: return .gzip
    default: break
    }
    if file.uint32(at: 0, .big) == 0x0000_0100, (1...255).contains(file.uint16(at: 4, .little) ?? 0) {
      return .ico
    }
    if file.matches("8BPS", at: 0) { return .psd }
    return file.matches("%PDF-", at: 0) ? .pdf : nil
  }

  /// The kind of an ISO base media file.
  private static func brand(_ file: ByteReader) -> ForeignFormat {
    if file.matches("avif", at: 8) || file.matches("avis", at: 8) { return .avif }
    if file.matches("crx ", at: 8) { return .raw }
    let isHEIF = ["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"] as [StaticString]
    return isHEIF.contains { file.matches($0, at: 8) } ? .heic : .video
  }

  private static func text(_ file: ByteReader) -> ForeignFormat? {
    let head = (0..<min(file.count, 512)).compactMap { file.byte(at: $0) }
    let whole = String(decoding: head, as: UTF8.self).lowercased()
    let text = whole.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if text.hasPrefix("data:image/") { return .dataURL }
    if text.hasPrefix("<") {
      if text.contains("<svg") { return .svg }
      return text.hasPrefix("<!doctype html") || text.contains("<html") ? .html : nil
    }
    if text.hasPrefix("{") || text.hasPrefix("[") { return .json }
    // Of JPEG, PNG, WebP and GIF the first bytes as base64.
    let starts = ["/9j/", "ivborw0kggo", "uklgr", "r0lgodl"]
    return starts.contains(where: text.hasPrefix) ? .base64 : nil
  }
}
