/// `GET /v2/models/{model}/stats`: Triton's statistics extension.
package struct ModelStatistics: Codable, Sendable, Equatable {
  /// One a model and version.
  package let models: [Model]

  /// Makes an answer.
  package init(models: [Model]) { self.models = models }

  private enum CodingKeys: String, CodingKey {
    case models = "model_stats"
  }

  /// How often something happened, and how long it took altogether.
  package struct Durations: Codable, Sendable, Equatable {
    /// How often.
    package var count: UInt64
    /// Nanoseconds, summed.
    package var nanoseconds: UInt64

    /// Makes a sum.
    package init(count: UInt64 = 0, nanoseconds: UInt64 = 0) {
      self.count = count
      self.nanoseconds = nanoseconds
    }

    private enum CodingKeys: String, CodingKey {
      case count
      case nanoseconds = "ns"
    }
  }

  /// One model since the server started.
  package struct Model: Codable, Sendable, Equatable {
    /// Its name.
    package var name: String
    /// nil for a model without versions.
    package var version: String?
    /// When the last request for it came, in milliseconds since 1970; 0 before the first.
    package var lastInference: UInt64
    /// Images inferred.
    package var inferenceCount: UInt64
    /// Batches run.
    package var executionCount: UInt64
    /// Requests.
    package var requests: Requests
    /// Batches, by size.
    package var batches: [Batches]

    /// Makes a model's statistics.
    package init(
      name: String, version: String? = nil, lastInference: UInt64 = 0, inferenceCount: UInt64 = 0,
      executionCount: UInt64 = 0, requests: Requests = Requests(), batches: [Batches] = []
    ) {
      self.name = name
      self.version = version
      self.lastInference = lastInference
      self.inferenceCount = inferenceCount
      self.executionCount = executionCount
      self.requests = requests
      self.batches = batches
    }

    private enum CodingKeys: String, CodingKey {
      case name, version
      case lastInference = "last_inference"
      case inferenceCount = "inference_count"
      case executionCount = "execution_count"
      case requests = "inference_stats"
      case batches = "batch_stats"
    }
  }

  /// Where requests spent their time.
  package struct Requests: Codable, Sendable, Equatable {
    /// Answered, from arrival to answer.
    package var success: Durations
    /// Failed, likewise.
    package var fail: Durations
    /// Ready and waiting for a batch.
    package var queue: Durations
    /// Decoding and preparing images.
    package var computeInput: Durations
    /// Forward passes.
    package var computeInfer: Durations
    /// Making the answer's tensors.
    package var computeOutput: Durations

    /// Makes sums.
    package init(
      success: Durations = Durations(), fail: Durations = Durations(), queue: Durations = Durations(),
      computeInput: Durations = Durations(), computeInfer: Durations = Durations(),
      computeOutput: Durations = Durations()
    ) {
      self.success = success
      self.fail = fail
      self.queue = queue
      self.computeInput = computeInput
      self.computeInfer = computeInfer
      self.computeOutput = computeOutput
    }

    private enum CodingKeys: String, CodingKey {
      case success, fail, queue
      case computeInput = "compute_input"
      case computeInfer = "compute_infer"
      case computeOutput = "compute_output"
    }
  }

  /// The batches of one size.
  package struct Batches: Codable, Sendable, Equatable {
    /// Images in each.
    package var batchSize: UInt64
    /// Preparing their images.
    package var computeInput: Durations
    /// Their forward passes.
    package var computeInfer: Durations
    /// Making their tensors.
    package var computeOutput: Durations

    /// Makes sums.
    package init(
      batchSize: UInt64, computeInput: Durations = Durations(), computeInfer: Durations = Durations(),
      computeOutput: Durations = Durations()
    ) {
      self.batchSize = batchSize
      self.computeInput = computeInput
      self.computeInfer = computeInfer
      self.computeOutput = computeOutput
    }

    private enum CodingKeys: String, CodingKey {
      case batchSize = "batch_size"
      case computeInput = "compute_input"
      case computeInfer = "compute_infer"
      case computeOutput = "compute_output"
    }
  }
}
