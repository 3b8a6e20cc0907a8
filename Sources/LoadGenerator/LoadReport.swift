/// What a load generator measured; its JSON.
package struct LoadReport: Codable, Sendable {
  /// Where the requests went.
  package let url: String
  /// How many different images were sent, and their bytes.
  package let images, imageBytes: Int
  /// Load before each level that doesn't count, and the longest wait for an answer.
  package let warmupSeconds, timeoutSeconds: Double
  /// Of the open loop's arrivals; nil in the closed loop.
  package let seed: UInt64?
  /// Whether the operator ended it early.
  package let isInterrupted: Bool
  /// In the order asked for.
  package let levels: [LevelResult]

  private enum CodingKeys: String, CodingKey {
    case url, images, seed, levels
    case imageBytes = "image_bytes"
    case warmupSeconds = "warmup_seconds"
    case timeoutSeconds = "timeout_seconds"
    case isInterrupted = "interrupted"
  }

  /// Makes a report; see the properties.
  package init(
    url: String, images: Int, imageBytes: Int, warmupSeconds: Double, timeoutSeconds: Double, seed: UInt64?,
    isInterrupted: Bool, levels: [LevelResult]
  ) {
    (self.url, self.images, self.imageBytes) = (url, images, imageBytes)
    (self.warmupSeconds, self.timeoutSeconds, self.seed) = (warmupSeconds, timeoutSeconds, seed)
    (self.isInterrupted, self.levels) = (isInterrupted, levels)
  }
}

/// What one level measured.
///
/// Requests that were due in the measured time count, whenever their answers came.
package struct LevelResult: Codable, Sendable {
  /// Connections at most.
  package let connections: Int
  /// Requests a second that were asked for; nil in the closed loop.
  package let rate: Double?
  /// The measured time.
  package let seconds: Double
  /// Answers and errors together.
  package let requests: Int
  /// Answers by status code.
  package let answers: [String: Int]
  /// Requests without an answer.
  package let errors: RequestErrors
  /// Why the first of them had none.
  package let firstError: String?
  /// How often the server closed a connection between two requests, in the warm-up too.
  package let reconnects: Int
  /// Good (2xx) answers that came within the measured time, over that time.
  package let answersPerSecond: Double
  /// Of good answers, from when the request was due until its answer was there; nil without any.
  package let latency: LatencySummary?
  /// The same of refusals: 429 and 503.
  package let refusalLatency: LatencySummary?
  /// Mean `x-batch-size` of good answers, nil where the server sends none.
  package let meanBatchSize: Double?
  /// Mean `Server-Timing` of good answers.
  package let serverTiming: ServerStages
  /// Processor time of the generator over the time that the level took; 1 is one processor.
  package let clientProcessors: Double

  private enum CodingKeys: String, CodingKey {
    case connections, rate, seconds, requests, answers, errors, reconnects
    case firstError = "first_error"
    case answersPerSecond = "answers_per_second"
    case latency = "latency_ms"
    case refusalLatency = "refusal_latency_ms"
    case meanBatchSize = "mean_batch_size"
    case serverTiming = "mean_server_timing_ms"
    case clientProcessors = "client_processors"
  }
}

/// Requests without an answer.
package struct RequestErrors: Codable, Sendable, Equatable {
  /// No connection could be made.
  package internal(set) var connect = 0
  /// No answer within the time limit, or none could be asked for within it.
  package internal(set) var timeout = 0
  /// The connection broke, or the answer was none.
  package internal(set) var broken = 0

  /// All of them.
  package var total: Int { connect + timeout + broken }
}

/// Why a request has no answer.
struct RequestFailure {
  enum Kind { case connect, timeout, broken }

  let kind: Kind
  let reason: String
}
