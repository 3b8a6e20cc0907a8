import Inference

extension InferRequest {
  /// Reads a request's body.
  ///
  /// - Parameters:
  ///   - headerLength: the value of the header `Inference-Header-Content-Length`: the bytes of JSON, behind
  ///     which binary tensor data lies. nil where the whole body is JSON.
  /// - Throws: ``InferRequestError``.
  /// - Cost: one pass over the JSON; memory in proportion to the body, whatever shapes it claims.
  package static func decode(
    body: [UInt8], headerLength: Int? = nil, limits: Limits = Limits()
  ) throws(InferRequestError) -> InferRequest {
    let jsonLength = headerLength ?? body.count
    guard (0...body.count).contains(jsonLength) else {
      throw .field(
        "Inference-Header-Content-Length", expected: "at most the body's \(body.count) bytes",
        found: "\(jsonLength)")
    }
    var reader = JSONReader(body, count: jsonLength)
    let fields = try RequestFields(&reader, limits: limits)
    return InferRequest(
      id: fields.id,
      input: try Input(fields.input, body: body, binary: jsonLength..<body.count, limits: limits),
      outputs: fields.outputs.isEmpty
        ? Output.allCases.map { RequestedOutput($0, isBinary: fields.isBinaryOutput) }
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
    var keys = try reader.beginObject()
    while let key = try reader.nextKey(&keys) {
      switch key {
      case "inputs": input = try Self.input(&reader, limits: limits)
      case "id" where try !reader.takeNull(): id = try reader.string()
      case "outputs" where try !reader.takeNull(): outputs = try Self.outputs(&reader)
      case "parameters" where try !reader.takeNull():
        var parameters = try reader.beginObject()
        while let name = try reader.nextKey(&parameters) {
          if name == "binary_data_output" { isBinaryOutput = try reader.boolean() } else { try reader.skip() }
        }
      case "id", "outputs", "parameters": break
      default: try reader.skip()
      }
    }
    try reader.expectEnd()
    guard let input else {
      throw .field("inputs", expected: "one input, 'image' or 'pixels'", found: "none")
    }
    self.input = input
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
    var keys = try reader.beginObject()
    while let key = try reader.nextKey(&keys) {
      switch key {
      case "name": name = try reader.string()
      case "parameters" where try !reader.takeNull():
        var parameters = try reader.beginObject()
        while let parameter = try reader.nextKey(&parameters) {
          switch parameter {
          case "binary_data": isBinary = try reader.boolean()
          case "classification": classification = try reader.integer()
          default: try reader.skip()
          }
        }
      case "parameters": break
      default: try reader.skip()
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
