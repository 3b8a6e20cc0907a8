/// Why an image, or the description of how to prepare images, was refused.
package enum ImageError: Error, Sendable, Equatable {
  /// No bytes at all.
  case empty
  /// Not a JPEG, a PNG or a WebP by its first bytes.
  case unknownFormat
  /// Another format, known by its first bytes.
  case foreign(ForeignFormat)
  /// A kind of a known format that is not read, in words: "arithmetic coding", …
  case unsupported(ImageFormat, String)
  /// The file ends before the image does.
  case truncated(ImageFormat)
  /// The file contradicts its format, in words.
  case corrupt(ImageFormat, String)
  case sideTooLong(width: Int, height: Int, limit: Int)
  case tooManyPixels(width: Int, height: Int, limit: Int)
  /// More scans than an image of this size may have.
  case tooManyScans(limit: Int)
  /// Decoding would hold more memory than allowed, or than there is.
  case tooMuchMemory(ImageFormat)
  /// A field of `Preprocessing` cannot be used.
  case preprocessing(field: String, expected: String, found: String)
}

extension ImageError {
  /// What a caller can do about an error; each maps to one HTTP status.
  package enum Category: Sendable, Equatable {
    /// Send an image: 400.
    case missing
    /// Send another format: 415.
    case unsupported
    /// Send an intact file: 422.
    case undecodable
    /// Send a smaller image: 413.
    case tooLarge
    /// Mend the checkpoint: not the client's doing.
    case configuration
  }

  /// Which of the five this is.
  package var category: Category {
    switch self {
    case .empty: .missing
    case .unknownFormat, .foreign, .unsupported: .unsupported
    case .truncated, .corrupt: .undecodable
    case .sideTooLong, .tooManyPixels, .tooManyScans, .tooMuchMemory: .tooLarge
    case .preprocessing: .configuration
    }
  }
}

extension ImageError: CustomStringConvertible {
  /// What was expected and what was found; never any of the bytes.
  package var description: String {
    switch self {
    case .empty:
      "expected a JPEG, PNG or WebP image, found no bytes"
    case .unknownFormat:
      "expected a JPEG, PNG or WebP image, found another format"
    case .foreign(let format):
      "expected a JPEG, PNG or WebP image, found \(format.rawValue): \(format.advice)"
    case .unsupported(let format, let kind):
      "expected a plain \(format.rawValue) image, found \(kind), which is not supported"
    case .truncated(let format):
      "expected a whole \(format.rawValue) image, found one that ends too early"
    case .corrupt(let format, let reason):
      "expected an intact \(format.rawValue) image, found damage: \(reason)"
    case .sideTooLong(let width, let height, let limit):
      "expected sides of at most \(limit) pixels, found \(width)×\(height)"
    case .tooManyPixels(let width, let height, let limit):
      "expected at most \(limit) pixels, found \(width)×\(height)"
    case .tooManyScans(let limit):
      "expected at most \(limit) scans in a JPEG of this size, found more"
    case .tooMuchMemory(let format):
      "expected a \(format.rawValue) image that decodes within the memory allowed, found one that does not"
    case .preprocessing(let field, let expected, let found):
      "preprocessing: expected \(field) to be \(expected), found \(found)"
    }
  }
}
