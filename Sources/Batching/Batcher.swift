import Dispatch
import Synchronization

/// What runs batches. The batcher calls it from one serial queue only.
public protocol BatchEngine: Sendable {
  /// One request's input.
  associatedtype Input: Sendable
  /// One request's result.
  associatedtype Output: Sendable

  /// Computes one output for each input, in their order.
  func run(_ inputs: [Input]) -> [Output]
}

/// How a batch went, for the one request that asks.
public struct BatchTiming: Sendable, Equatable {
  /// Requests in the batch.
  public let batchSize: Int
  /// Whether this request is the batch's first, which counts for the batch.
  public let isFirstOfBatch: Bool
  /// From submission until the batch began.
  public let queueDuration: Duration
  /// The engine's time for the whole batch.
  public let inferenceDuration: Duration
}

/// What became of a request.
public enum BatchOutcome<Output: Sendable>: Sendable {
  /// It ran.
  case completed(Output, BatchTiming)
  /// Nobody waited for it any more when its turn came, so it did not run.
  case abandoned
}

/// Forms batches of concurrent requests and runs them one after another.
///
/// A serial Dispatch queue owns the queue of requests, a second one the engine: forming a batch never
/// waits for a batch that runs.
public final class Batcher<Engine: BatchEngine>: @unchecked Sendable {
  // @unchecked: `requests` is touched on `batchQueue` alone, `engine` on `computeQueue` alone.

  private struct Request: Sendable {
    let input: Engine.Input
    let submitted: ContinuousClock.Instant
    let isWanted: @Sendable () -> Bool
    let completion: @Sendable (BatchOutcome<Engine.Output>) -> Void
  }

  private let engine: Engine
  private let batchQueue = DispatchQueue(label: "softmoe.batch", qos: .userInitiated)
  private let computeQueue = DispatchQueue(label: "softmoe.compute", qos: .userInitiated)
  /// Answers are written while the next batch computes.
  private let completionQueue = DispatchQueue(label: "softmoe.completion", qos: .userInitiated)
  private var requests: BatchQueue<Request>
  private let idle = DispatchGroup()

  /// Batches of at most `maxBatch`, run by `engine`.
  public init(engine: Engine, maxBatch: Int) {
    self.engine = engine
    requests = BatchQueue(maxBatch: maxBatch)
  }

  /// Hands a request in.
  ///
  /// - Parameters:
  ///   - isWanted: asked once when its batch forms; false skips it.
  ///   - completion: called exactly once, on a queue of the batcher's; it must not block.
  public func submit(
    _ input: Engine.Input, isWanted: @escaping @Sendable () -> Bool = { true },
    completion: @escaping @Sendable (BatchOutcome<Engine.Output>) -> Void
  ) {
    let request = Request(
      input: input, submitted: .now, isWanted: isWanted, completion: completion)
    idle.enter()
    batchQueue.async {
      self.requests.enqueue(request)
      self.startNext()
    }
  }

  /// Requests that wait for a batch, and since when the first of them does.
  public func waiting() -> (count: Int, oldest: Duration?) {
    batchQueue.sync {
      (requests.waiting.count, requests.waiting.first.map { $0.submitted.duration(to: .now) })
    }
  }

  /// Blocks until every request handed in has its outcome.
  public func waitUntilIdle() { idle.wait() }

  private func startNext() {
    dispatchPrecondition(condition: .onQueue(batchQueue))
    let action = requests.next(isWanted: { $0.isWanted() }) { request in
      completionQueue.async {
        request.completion(.abandoned)
        self.idle.leave()
      }
    }
    guard case .run(let batch) = action else { return }
    computeQueue.async { self.run(batch) }
  }

  private func run(_ batch: [Request]) {
    dispatchPrecondition(condition: .onQueue(computeQueue))
    let start = ContinuousClock.now
    let outputs = engine.run(batch.map(\.input))
    let inference = start.duration(to: .now)
    precondition(outputs.count == batch.count, "an engine returns one output for each input")
    batchQueue.async {
      self.requests.finished()
      self.startNext()
    }
    completionQueue.async {
      for (index, (request, output)) in zip(batch, outputs).enumerated() {
        let timing = BatchTiming(
          batchSize: batch.count, isFirstOfBatch: index == 0,
          queueDuration: request.submitted.duration(to: start),
          inferenceDuration: inference)
        request.completion(.completed(output, timing))
        self.idle.leave()
      }
    }
  }
}
