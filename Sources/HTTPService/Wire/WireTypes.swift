import ImageInput
import Inference

// The JSON of the service. Keys are snake_case.

/// The answer to a form of images: one result a part, in the order of the parts.
package struct ImagesResponse: Codable, Sendable, Equatable {
  /// The model's name.
  package let model: String
  /// One a part.
  package let results: [ImageResponse]
}

/// What became of one image: predictions or an embedding, or in a form an error.
package struct ImageResponse: Codable, Sendable, Equatable {
  /// The model's name; in a form it stands outside.
  package var model: String?
  /// In a form: the part's file name, or else its field's name.
  package var name: String?
  /// Likeliest first.
  package var predictions: [Prediction]?
  /// [c], before the softmax; only when asked for.
  package var logits: [Float]?
  /// What the head would have read.
  package var embedding: [Float]?
  /// What each layer's experts looked at; only when asked for.
  package var explanation: Explanation?
  /// What was expected, what was found, what to do.
  package var error: String?
  /// A word for programs.
  package var errorType: String?

  /// An answer with the parts that are given.
  package init(
    model: String? = nil, predictions: [Prediction]? = nil, logits: [Float]? = nil,
    embedding: [Float]? = nil, explanation: Explanation? = nil, error: String? = nil,
    errorType: String? = nil
  ) {
    (self.model, self.predictions, self.logits, self.embedding) = (model, predictions, logits, embedding)
    (self.explanation, self.error, self.errorType) = (explanation, error, errorType)
  }

  enum CodingKeys: String, CodingKey {
    case model, name, predictions, logits, embedding, explanation, error
    case errorType = "error_type"
  }
}

/// The answer to `/v1/reload`.
struct ReloadResponse: Encodable {
  let weights, previousWeights: String?

  enum CodingKeys: String, CodingKey {
    case weights
    case previousWeights = "previous_weights"
  }
}

/// Every error.
package struct ErrorResponse: Codable, Sendable, Equatable {
  /// What was expected, what was found, what to do.
  package let error: String
  /// A word for programs.
  package let errorType: String
  /// The request's id, as in the header `x-request-id` and in the log.
  package let requestID: String

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
    let verified: String
    let imageHeight, imageWidth, patchSize, width, depth: Int
    let moeLayers: [Int]
    let router: String?
    let expertCount, slotsPerExpert, selectedExperts, expertCapacity: Int?
    let classCount: Int
    let labels: [String]
    let provenance: [String: String]

    enum CodingKeys: String, CodingKey {
      case name, weights, verified, width, depth, labels, provenance, router
      case imageHeight = "image_height"
      case imageWidth = "image_width"
      case patchSize = "patch_size"
      case moeLayers = "moe_layers"
      case expertCount = "expert_count"
      case slotsPerExpert = "slots_per_expert"
      case selectedExperts = "selected_experts"
      case expertCapacity = "expert_capacity"
      case classCount = "class_count"
    }
  }

  struct Limits: Encodable {
    let maxBatch, maxQueue, maxImagesPerRequest, maxBodyBytes, maxPendingBytes, maxDecodingBytes: Int
    let maxPixels, maxSide, maxJPEGScans, threads, decodeThreads: Int
    let requestTimeoutSeconds: Double
    let decode: String

    enum CodingKeys: String, CodingKey {
      case threads, decode
      case maxBatch = "max_batch"
      case maxQueue = "max_queue"
      case maxImagesPerRequest = "max_images_per_request"
      case requestTimeoutSeconds = "request_timeout_seconds"
      case maxBodyBytes = "max_body_bytes"
      case maxPendingBytes = "max_pending_bytes"
      case maxDecodingBytes = "max_decoding_bytes"
      case maxPixels = "max_pixels"
      case maxSide = "max_side"
      case maxJPEGScans = "max_jpeg_scans"
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
