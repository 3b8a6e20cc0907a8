/// The description of the service's whole surface that clients and testing tools read: OpenAPI 3.1, in JSON.
///
/// It is `Routes/openapi.json`, a document of its own with the numbers of the bundled model. What another model and
/// other options decide takes their place, so that every request that it allows is one that the model takes.
package struct OpenAPIDocument: Sendable, Equatable {
  /// The document as it stands in the repository.
  package static let file = PackageResources.openapi_json

  /// The JSON, in UTF-8.
  package let bytes: [UInt8]

  /// Describes a service.
  ///
  /// - Parameters:
  ///   - version: the server's; text that needs no escapes in JSON.
  ///   - height: H of the model's images.
  ///   - width: W of the model's images.
  ///   - imageLimit: most images of one request.
  ///   - expertCount: experts of a layer; 0 in a dense model.
  ///   - layers: indices of the blocks with experts.
  /// - Precondition: the file has every value that is to be replaced.
  package init(
    version: String, classCount: Int, height: Int, width: Int, imageLimit: Int, expertCount: Int,
    layers: [Int]
  ) {
    // A model without a head has no classes; a schema allows one at least.
    let classCount = max(1, classCount)
    let shape = "PixelsInput/properties/shape/prefixItems"
    let schemas = [
      "ClassCount/maximum": classCount, "ClassCount/default": min(5, classCount),
      "ClassIndex/maximum": classCount - 1, "Predictions/maxItems": classCount, "Logits/minItems": classCount,
      "Logits/maxItems": classCount, "ExpertCount/oneOf/1/maximum": max(1, expertCount),
      "ExpertCount/default": min(5, max(1, expertCount)), "Expert/maximum": max(0, expertCount - 1),
      "\(shape)/2/const": height, "\(shape)/3/const": width, "ImageCount/maximum": imageLimit,
      "ImageParts/maxItems": imageLimit, "ImageInput/properties/data/maxItems": imageLimit,
    ]
    var values = ["/info/version": "\"\(version)\""]
    for (name, value) in schemas { values["/components/schemas/\(name)"] = String(value) }
    values["/components/schemas/Layer"] =
      layers.isEmpty ? #"{"type": "integer"}"# : #"{"type": "integer", "enum": \#(layers)}"#
    bytes = Self.filled(with: values)
  }

  /// The file with each of `values`, by their JSON pointers, in place of its own.
  private static func filled(with values: [String: String]) -> [UInt8] {
    let replacements = values.map { pointer, value -> (range: Range<Int>, value: String) in
      guard let range = places[pointer] else { preconditionFailure("openapi.json has no \(pointer)") }
      return (range, value)
    }
    var bytes: [UInt8] = []
    var position = 0
    for (range, value) in replacements.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      bytes += file[position..<range.lowerBound] + value.utf8
      position = range.upperBound
    }
    return bytes + file[position...]
  }

  /// Where each value of the file is, by its JSON pointer.
  private static let places: [String: Range<Int>] = {
    var reader = JSONReader(file, count: file.count)
    var places: [String: Range<Int>] = [:]
    reader.skipWhitespace()
    do {
      try reader.locate("", in: &places)
    } catch {
      preconditionFailure("openapi.json: \(error)")
    }
    return places
  }()
}

extension JSONReader {
  /// Takes a value and tells where it and all values in it are, by their JSON pointers.
  ///
  /// - Source: RFC 6901, for keys without `~` and `/`.
  fileprivate mutating func locate(
    _ pointer: String, in places: inout [String: Range<Int>]
  ) throws(InferRequestError) {
    let start = position
    var count = 0
    switch next {
    case UInt8(ascii: "{"):
      try beginObject()
      while let name = try nextName(&count) {
        try locate("\(pointer)/\(String(decoding: name.bytes(in: bytes), as: UTF8.self))", in: &places)
      }
    case UInt8(ascii: "["):
      count = try beginArray()
      while try nextElement(&count) { try locate("\(pointer)/\(count - 1)", in: &places) }
    default: try skip()
    }
    places[pointer] = start..<position
  }
}
