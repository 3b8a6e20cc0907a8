// What the protocol's GET routes answer.

/// `GET /v2`: who serves.
public struct ServerMetadata: Codable, Sendable, Equatable {
  /// The server's name.
  public let name: String
  /// Its version.
  public let version: String
  /// The protocol's extensions that it knows.
  public let extensions: [String]

  /// Describes a server; the extensions are those that this module reads and writes.
  public init(
    name: String, version: String,
    extensions: [String] = ["binary_tensor_data", "classification", "statistics"]
  ) {
    self.name = name
    self.version = version
    self.extensions = extensions
  }
}

/// `GET /v2/health/live` and, as the protocol has it, the same for `/v2/health/ready`.
public struct ServerLive: Codable, Sendable, Equatable {
  /// Whether it lives, or takes requests.
  public let live: Bool

  /// Makes an answer.
  public init(live: Bool) { self.live = live }
}

/// `GET /v2/models/{model}/ready`.
public struct ModelReady: Codable, Sendable, Equatable {
  /// The model's name.
  public let name: String
  /// Whether it takes requests.
  public let ready: Bool

  /// Makes an answer.
  public init(name: String, ready: Bool) {
    self.name = name
    self.ready = ready
  }
}

/// `GET /v2/models/{model}`: the tensors that a model takes and gives.
public struct ModelMetadata: Codable, Sendable, Equatable {
  /// One tensor.
  public struct Tensor: Codable, Sendable, Equatable {
    /// Its name.
    public let name: String
    /// `FP32` or `BYTES`.
    public let datatype: String
    /// −1 for a dimension that each request chooses.
    public let shape: [Int]

    /// Describes a tensor.
    public init(name: String, datatype: String, shape: [Int]) {
      self.name = name
      self.datatype = datatype
      self.shape = shape
    }
  }

  /// The model's name.
  public let name: String
  /// Those that a path may name.
  public let versions: [String]?
  /// Who computes.
  public let platform: String
  /// A request has one of them.
  public let inputs: [Tensor]
  /// Every output that a request may name.
  public let outputs: [Tensor]

  /// Describes a model with the inputs and outputs of ``InferRequest``.
  ///
  /// - Parameters:
  ///   - height: H of `pixels`.
  ///   - width: W of `pixels`.
  ///   - classCount: c of `logits` and `probabilities`.
  ///   - featureCount: f of `features`.
  public init(
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
    outputs = InferRequest.Output.allCases.map { output in
      Tensor(
        name: output.rawValue, datatype: "FP32",
        shape: [-1, output == .features ? featureCount : classCount])
    }
  }
}

/// Every error of the protocol's routes.
public struct InferErrorResponse: Codable, Sendable, Equatable {
  /// What was expected, what was found, what to do.
  public let error: String

  /// Makes an answer.
  public init(error: String) { self.error = error }
}
