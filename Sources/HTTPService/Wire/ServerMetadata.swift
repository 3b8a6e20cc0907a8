// What the protocol's GET routes answer.

/// `GET /v2`: who serves.
package struct ServerMetadata: Codable, Sendable, Equatable {
  /// The server's name.
  package let name: String
  /// Its version.
  package let version: String
  /// The protocol's extensions that it knows.
  package let extensions: [String]

  /// Describes a server; the extensions are those that this module reads and writes.
  package init(
    name: String, version: String,
    extensions: [String] = ["binary_tensor_data", "classification", "statistics"]
  ) {
    self.name = name
    self.version = version
    self.extensions = extensions
  }
}

/// `GET /v2/health/live` and, as the protocol has it, the same for `/v2/health/ready`.
package struct ServerLive: Codable, Sendable, Equatable {
  /// Whether it lives, or takes requests.
  package let live: Bool

  /// Makes an answer.
  package init(live: Bool) { self.live = live }
}

/// `GET /v2/models/{model}/ready`.
package struct ModelReady: Codable, Sendable, Equatable {
  /// The model's name.
  package let name: String
  /// Whether it takes requests.
  package let ready: Bool

  /// Makes an answer.
  package init(name: String, ready: Bool) {
    self.name = name
    self.ready = ready
  }
}

/// `GET /v2/models/{model}`: the tensors that a model takes and gives.
package struct ModelMetadata: Codable, Sendable, Equatable {
  /// One tensor.
  package struct Tensor: Codable, Sendable, Equatable {
    /// Its name.
    package let name: String
    /// `FP32` or `BYTES`.
    package let datatype: String
    /// −1 for a dimension that each request chooses.
    package let shape: [Int]

    /// Describes a tensor.
    package init(name: String, datatype: String, shape: [Int]) {
      self.name = name
      self.datatype = datatype
      self.shape = shape
    }
  }

  /// The model's name.
  package let name: String
  /// Those that a path may name.
  package let versions: [String]?
  /// Who computes.
  package let platform: String
  /// A request has one of them.
  package let inputs: [Tensor]
  /// Every output that a request may name.
  package let outputs: [Tensor]

  /// Describes a model with the inputs and outputs of ``InferRequest``.
  ///
  /// - Parameters:
  ///   - height: H of `pixels`.
  ///   - width: W of `pixels`.
  ///   - classCount: c of `logits` and `probabilities`, which a model without classes lacks.
  ///   - featureCount: f of `features`.
  package init(
    name: String, versions: [String]? = nil, platform: String, height: Int, width: Int, classCount: Int,
    featureCount: Int
  ) {
    self.name = name
    self.versions = versions
    self.platform = platform
    inputs = [
      Tensor(name: "image", datatype: "BYTES", shape: [-1]),
      Tensor(name: "pixels", datatype: "FP32", shape: [-1, 3, height, width]),
    ]
    outputs = InferRequest.Output.all(classCount: classCount).map { output in
      Tensor(
        name: output.rawValue, datatype: "FP32",
        shape: [-1, output == .features ? featureCount : classCount])
    }
  }
}

/// Every error of the protocol's routes.
package struct InferErrorResponse: Codable, Sendable, Equatable {
  /// What was expected, what was found, what to do.
  package let error: String

  /// Makes an answer.
  package init(error: String) { self.error = error }
}
