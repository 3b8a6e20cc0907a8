import FoundationEssentials
import Inference

/// One of a request's `inputs`, before its fields are looked at together.
struct TensorFields {
  var name: String?
  var shape: [Int]?
  var datatype: String?
  var binarySize: Int?
  var data: TensorElements?

  /// Most dimensions that are read; no input has as many.
  private static let maxRank = 8

  init(_ reader: inout JSONReader, limits: InferRequest.Limits) throws(InferRequestError) {
    var object = try reader.beginObject(Field.self)
    while let field = try reader.nextKey(&object) {
      switch field {
      case .name: name = try reader.string()
      case .datatype: datatype = try reader.string()
      case .shape: shape = try Self.shape(&reader)
      case .data: data = try reader.tensorElements(stringLimit: limits.imageCount)
      case .parameters:
        var parameters = try reader.beginObject(Parameter.self)
        while try reader.nextKey(&parameters) != nil { binarySize = try reader.integer() }
      }
    }
  }

  private enum Field: String, CaseIterable {
    case name, datatype, shape, data, parameters
  }

  private enum Parameter: String, CaseIterable {
    case binarySize = "binary_data_size"
  }

  private static func shape(_ reader: inout JSONReader) throws(InferRequestError) -> [Int] {
    var shape: [Int] = []
    var count = try reader.beginArray()
    while try reader.nextElement(&count) {
      guard count <= maxRank else {
        throw .field("inputs[0].shape", expected: "at most \(maxRank) dimensions", found: "more")
      }
      shape.append(try reader.integer())
    }
    return shape
  }
}

extension TensorFields {
  func shape(
    _ expected: String, datatype wanted: String, limits: InferRequest.Limits, isRight: ([Int]) -> Bool
  ) throws(InferRequestError) -> TensorShape {
    guard datatype == wanted else {
      throw .field(
        "inputs[0].datatype", expected: "'\(wanted)'", found: datatype.map { escaped($0) } ?? "none")
    }
    guard let dimensions = shape, isRight(dimensions), let shape = TensorShape(dimensions),
      dimensions[0] <= limits.imageCount
    else {
      throw .field(
        "inputs[0].shape", expected: "\(expected) with n from 1 to \(limits.imageCount)",
        found: shape.map { "\($0)" } ?? "none")
    }
    return shape
  }

  /// Whether the data is binary: all that lies behind the JSON, since there is but one input.
  func isBinary(_ binary: Range<Int>) throws(InferRequestError) -> Bool {
    guard (data == nil) != (binarySize == nil) else {
      throw .field(
        "inputs[0]", expected: "either 'data' or the parameter 'binary_data_size'",
        found: data == nil ? "neither" : "both")
    }
    guard binarySize ?? 0 == binary.count else {
      throw .field(
        "inputs[0].parameters.binary_data_size",
        expected: "\(binary.count), the body's bytes behind its Inference-Header-Content-Length",
        found: binarySize.map(String.init) ?? "none")
    }
    return binarySize != nil
  }

  func elements<Element>(
    _ shape: TensorShape, _ kind: String, of path: KeyPath<TensorElements, [Element]>
  ) throws(InferRequestError) -> [Element] {
    guard let data, data.fit(shape), data[keyPath: path].count == shape.count else {
      throw .field(
        "inputs[0].data", expected: "\(shape.count) \(kind), flat or nested as the shape \(shape.dimensions)",
        found: data.map { "\($0.count) elements nested as \($0.lengths)" } ?? "none")
    }
    return data[keyPath: path]
  }

  func images(_ shape: TensorShape, json: [UInt8]) throws(InferRequestError) -> [ArraySlice<UInt8>] {
    var images: [ArraySlice<UInt8>] = []
    for text in try elements(shape, "base64 strings", of: \.strings) {
      guard let image = Data(base64Encoded: Data(text.bytes(in: json))) else {
        throw .field(
          "inputs[0].data",
          expected: "images as base64 strings; send bytes as they are in binary tensor data",
          found: "another string as element \(images.count)")
      }
      images.append([UInt8](image)[...])
    }
    return images
  }
}
