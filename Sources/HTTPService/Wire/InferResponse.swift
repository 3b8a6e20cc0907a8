import FoundationEssentials
import Inference

/// The answer to an ``InferRequest``.
package struct InferResponse: Sendable, Equatable {
  /// One tensor.
  package struct Tensor: Sendable, Equatable {
    /// Its name, as in the request.
    package let name: String
    /// From the outermost dimension in.
    package let shape: [Int]
    /// Row-major.
    package let data: TensorData
    /// Whether it follows the JSON as binary data.
    package let isBinary: Bool

    /// What a client asked for.
    ///
    /// - Parameters:
    ///   - values: [n, c] for logits and probabilities, c those of `labels`; [n, f] for features.
    ///   - imageCount: n, at least 1.
    ///   - labels: a classification's; one that asks for more than c classes gets c.
    package init(
      _ requested: InferRequest.RequestedOutput, values: [Float], imageCount: Int, labels: [String]
    ) {
      name = requested.output.rawValue
      isBinary = requested.isBinary
      precondition(imageCount > 0 && values.count.isMultiple(of: imageCount))
      if let wanted = requested.classification {
        let count = min(wanted, labels.count)
        shape = [imageCount, count]
        data = .classification(of: values, labels: labels, count: count)
      } else {
        shape = [imageCount, values.count / imageCount]
        data = .fp32(values)
      }
    }
  }

  /// Who answers.
  package let modelName: String
  /// nil for a model without versions.
  package let modelVersion: String?
  /// The request's.
  package let id: String?
  /// In the order of the request's.
  package let outputs: [Tensor]

  /// Makes a response.
  package init(modelName: String, modelVersion: String? = nil, id: String? = nil, outputs: [Tensor]) {
    self.modelName = modelName
    self.modelVersion = modelVersion
    self.id = id
    self.outputs = outputs
  }

  /// A response as it is sent.
  package struct Message: Sendable, Equatable {
    /// JSON, and behind it the binary tensors in the order of the outputs.
    package let body: [UInt8]
    /// The response header `Inference-Header-Content-Length`: the bytes of JSON; nil where nothing is binary.
    package let headerLength: Int?

    /// The body's media type.
    package var contentType: String { headerLength == nil ? "application/json" : "application/octet-stream" }
  }

  /// Writes the body.
  ///
  /// - Throws: ``InferResponseError`` for numbers that JSON can't show.
  package func message() throws(InferResponseError) -> Message {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Names and finite numbers always encode.
    guard let json = try? encoder.encode(self) else { throw .notFinite }
    let binary = outputs.filter(\.isBinary).map(\.data.binary)
    return Message(body: [UInt8](json) + binary.joined(), headerLength: binary.isEmpty ? nil : json.count)
  }
}

extension InferResponse: Encodable {
  private enum CodingKeys: String, CodingKey {
    case id, outputs
    case modelName = "model_name"
    case modelVersion = "model_version"
  }
}

extension InferResponse.Tensor: Encodable {
  private enum CodingKeys: String, CodingKey {
    case name, shape, datatype, parameters, data
  }

  /// With its data, or with the size of its binary data.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(shape, forKey: .shape)
    try container.encode(data.datatype, forKey: .datatype)
    if isBinary {
      try container.encode(["binary_data_size": data.binaryCount], forKey: .parameters)
    } else {
      try container.encode(data, forKey: .data)
    }
  }
}
