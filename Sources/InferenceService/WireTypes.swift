import ImageInput

// The JSON of the service. Keys are snake_case.

/// The answer to one image.
public struct ClassifyResponse: Codable, Sendable, Equatable {
  /// The model's name.
  public let model: String
  /// Likeliest first.
  public let predictions: [Prediction]
  /// [c], before the softmax; only when asked for.
  public let logits: [Float]?

  /// An answer.
  public init(model: String, predictions: [Prediction], logits: [Float]? = nil) {
    (self.model, self.predictions, self.logits) = (model, predictions, logits)
  }
}

/// Every error.
public struct ErrorResponse: Codable, Sendable, Equatable {
  /// What was expected, what was found, what to do.
  public let error: String
  /// A word for programs.
  public let errorType: String
  /// The request's id, as in the header `x-request-id` and in the log.
  public let requestID: String

  enum CodingKeys: String, CodingKey {
    case error
    case errorType = "error_type"
    case requestID = "request_id"
  }
}

/// What serves, and within which limits.
struct InfoResponse: Encodable {
  struct Model: Encodable {
    let name: String
    let weights: String
    let imageHeight, imageWidth, patchSize, width, depth: Int
    let moeLayers: [Int]
    let expertCount, slotsPerExpert: Int?
    let classCount: Int
    let labels: [String]
    let provenance: [String: String]

    enum CodingKeys: String, CodingKey {
      case name, weights, width, depth, labels, provenance
      case imageHeight = "image_height"
      case imageWidth = "image_width"
      case patchSize = "patch_size"
      case moeLayers = "moe_layers"
      case expertCount = "expert_count"
      case slotsPerExpert = "slots_per_expert"
      case classCount = "class_count"
    }
  }

  struct Limits: Encodable {
    let maxBatch, maxPending, maxBodyBytes, maxPixels, threads, decodeThreads: Int
    let decode: String

    enum CodingKeys: String, CodingKey {
      case threads, decode
      case maxBatch = "max_batch"
      case maxPending = "max_pending"
      case maxBodyBytes = "max_body_bytes"
      case maxPixels = "max_pixels"
      case decodeThreads = "decode_threads"
    }
  }

  struct Engine: Encodable {
    let kernels: String
    let isBatchInvariant: Bool

    enum CodingKeys: String, CodingKey {
      case kernels
      case isBatchInvariant = "batch_invariant"
    }
  }

  let version: String
  let model: Model
  let preprocessing: Preprocessing
  let engine: Engine
  let limits: Limits
}
