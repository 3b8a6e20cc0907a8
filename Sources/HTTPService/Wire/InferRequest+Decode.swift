import Inference

extension InferRequest {
  /// Reads a request's body.
  ///
  /// - Parameters:
  ///   - headerLength: the header `Inference-Header-Content-Length`: the bytes of JSON in decimal digits, behind
  ///     which binary tensor data lies. nil where the whole body is JSON.
  /// - Throws: ``InferRequestError``.
  /// - Cost: one pass over the JSON; memory in proportion to the body, whatever shapes it claims.
  package static func decode(
    body: [UInt8], headerLength: String? = nil, limits: Limits = Limits()
  ) throws(InferRequestError) -> InferRequest {
    guard let jsonLength = headerLength.map({ Int(decimal: $0) }) ?? body.count, jsonLength <= body.count
    else {
      throw .field(
        "Inference-Header-Content-Length",
        expected: "the bytes of JSON in decimal digits, at most the body's \(body.count)",
        found: escaped(headerLength ?? ""))
    }
    var reader = JSONReader(body, count: jsonLength)
    let fields = try RequestFields(&reader, limits: limits)
    if let other = fields.outputs.first(where: { !limits.outputs.contains($0.output) }) {
      throw .field(
        "outputs", expected: "'features', since the model has no head", found: "'\(other.output.rawValue)'")
    }
    return InferRequest(
      id: fields.id,
      input: try Input(fields.input, body: body, binary: jsonLength..<body.count, limits: limits),
      outputs: fields.outputs.isEmpty
        ? limits.outputs.map { RequestedOutput($0, isBinary: fields.isBinaryOutput) }
        : fields.outputs.map {
          RequestedOutput(
            $0.output, isBinary: $0.isBinary ?? fields.isBinaryOutput, classification: $0.classification)
        })
  }
}

/// The JSON's fields, before they are looked at together.
private struct RequestFields {
  typealias OutputFields = (output: InferRequest.Output, isBinary: Bool?, classification: Int?)

  var id: String?
  /// What `binary_data` of an output is unless it says so itself.
  var isBinaryOutput = false
  let input: TensorFields
  var outputs: [OutputFields] = []

  init(_ reader: inout JSONReader, limits: InferRequest.Limits) throws(InferRequestError) {
    var input: TensorFields?
    var object = try reader.beginObject(Field.self)
    while let field = try reader.nextKey(&object) {
      switch field {
      case .id: id = try reader.string()
      case .inputs: input = try Self.input(&reader, limits: limits)
      case .outputs: outputs = try Self.outputs(&reader)
      case .parameters:
        var parameters = try reader.beginObject(Parameter.self)
        while try reader.nextKey(&parameters) != nil { isBinaryOutput = try reader.boolean() }
      }
    }
    try reader.expectEnd()
    guard let input else {
      throw .field("inputs", expected: "one input, 'image' or 'pixels'", found: "none")
    }
    self.input = input
  }

  private enum Field: String, CaseIterable {
    case id, inputs, outputs, parameters
  }

  private enum Parameter: String, CaseIterable {
    case isBinaryOutput = "binary_data_output"
  }

  private enum OutputField: String, CaseIterable {
    case name, parameters
  }

  private enum OutputParameter: String, CaseIterable {
    case isBinary = "binary_data"
    case classification
  }

  private static func input(
    _ reader: inout JSONReader, limits: InferRequest.Limits
  ) throws(InferRequestError) -> TensorFields? {
    var input: TensorFields?
    var count = try reader.beginArray()
    while try reader.nextElement(&count) {
      guard count == 1 else {
        throw .field("inputs", expected: "one input, 'image' or 'pixels'", found: "more than one")
      }
      input = try TensorFields(&reader, limits: limits)
    }
    return input
  }

  private static func outputs(_ reader: inout JSONReader) throws(InferRequestError) -> [OutputFields] {
    var outputs: [OutputFields] = []
    var count = try reader.beginArray()
    while try reader.nextElement(&count) {
      let output = try output(&reader, place: "outputs[\(count - 1)]")
      guard !outputs.contains(where: { $0.output == output.output }) else {
        throw .field("outputs", expected: "each output once", found: "'\(output.output.rawValue)' twice")
      }
      outputs.append(output)
    }
    return outputs
  }

  private static func output(
    _ reader: inout JSONReader, place: String
  ) throws(InferRequestError) -> OutputFields {
    var name: String?
    var isBinary: Bool?
    var classification: Int?
    var object = try reader.beginObject(OutputField.self)
    while let field = try reader.nextKey(&object) {
      switch field {
      case .name: name = try reader.string()
      case .parameters:
        var parameters = try reader.beginObject(OutputParameter.self)
        while let parameter = try reader.nextKey(&parameters) {
          switch parameter {
          case .isBinary: isBinary = try reader.boolean()
          case .classification: classification = try reader.integer()
          }
        }
      }
    }
    guard let name, let output = InferRequest.Output(rawValue: name) else {
      throw .field(
        "\(place).name",
        expected: InferRequest.Output.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", "),
        found: name.map { escaped($0) } ?? "none")
    }
    if let classification, classification < 1 || output == .features {
      throw .field(
        "\(place).parameters.classification", expected: "a count from 1 on, for 'logits' or 'probabilities'",
        found: "\(classification) for '\(name)'")
    }
    return (output, isBinary, classification)
  }
}
