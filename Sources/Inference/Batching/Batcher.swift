import Dispatch
import Synchronization

/// What runs batches. The batcher calls it from one serial queue only.
package protocol BatchEngine: Sendable {
  /// One image.
  associatedtype Input: Sendable
  /// One image's result.
  associatedtype Output: Sendable

  /// Computes one output for each input, in their order.
  func run(_ inputs: [Input]) -> [Output]
}

/// How a batch went, for the one image that asks.
package struct BatchTiming: Sendable, Equatable {
  /// Images in the batch.
  package let batchSize: Int
  /// Whether this image is the batch's first, which counts for the batch.
  package let isFirstOfBatch: Bool
  /// From submission until the batch began.
  package let queueDuration: Duration
  /// The engine's time for the whole batch.
  package let inferenceDuration: Duration
}

/// What became of an image.
package enum BatchOutcome<Output: Sendable>: Sendable {
  /// It ran.
  case completed(Output, BatchTiming)
  /// Nobody waited for it any more when its turn came, so it did not run.
  case abandoned
  /// Its answer would have come after the request's deadline, so it did not run.
  case expired
}

/// Forms batches of concurrent requests and runs them one after another.
///
/// A serial Dispatch queue owns the queue of requests, a second one the engine: forming a batch never
/// waits for a batch that runs.
package final class Batcher<Engine: BatchEngine>: @unchecked Sendable {
  // @unchecked: `queue` is touched on `batchQueue` alone, `engine` on `computeQueue` alone.

  /// One image of a request.
  private struct Image: Sendable {
    let input: Engine.Input
    let index: Int
    let request: PendingRequest<Engine.Output>
  }

  private let engine: Engine
  private let gate: AdmissionGate
  private let batchQueue = DispatchQueue(label: "softmoe.batch", qos: .userInitiated)
  private let computeQueue: DispatchQueue
  /// Answers are written while the next batch computes.
  private let completionQueue = DispatchQueue(label: "softmoe.completion", qos: .userInitiated)
  private var queue: BatchQueue<Image>
  private let idle = DispatchGroup()

  /// Batches of what `gate` admitted, run by `engine`.
  ///
  /// - Parameter computeQueue: serial; batchers that share it take turns batch by batch.
  package init(engine: Engine, gate: AdmissionGate, computeQueue: DispatchQueue) {
    (self.engine, self.gate, self.computeQueue) = (engine, gate, computeQueue)
    queue = BatchQueue(maxBatch: gate.maxBatch)
  }

  /// Hands in a request that the gate has admitted.
  ///
  /// - Parameters:
  ///   - deadline: images whose batch would end later don't run.
  ///   - isWanted: asked when a batch forms that would have images of it; false skips them.
  ///   - completion: called exactly once, with an outcome for each input, on a queue of the batcher's; it
  ///     must not block.
  package func submit(
    _ inputs: [Engine.Input], deadline: ContinuousClock.Instant, isWanted: @escaping @Sendable () -> Bool,
    completion: @escaping @Sendable ([BatchOutcome<Engine.Output>]) -> Void
  ) {
    let request = PendingRequest(
      imageCount: inputs.count, deadline: deadline, isWanted: isWanted, completion: completion)
    guard !inputs.isEmpty else {
      // Others may have waited for these.
      batchQueue.async { self.startNext() }
      return completion([])
    }
    idle.enter()
    batchQueue.async {
      self.queue.enqueue(inputs.enumerated().map { Image(input: $1, index: $0, request: request) })
      self.startNext()
    }
  }

  /// Images that wait for a batch, and since when the first of them does.
  package func waiting() -> (count: Int, oldest: Duration?) {
    batchQueue.sync { (queue.imageCount, queue.first.map { $0.request.submitted.duration(to: .now) }) }
  }

  /// Blocks until every request handed in has its outcome.
  package func waitUntilIdle() { idle.wait() }

  private func startNext() {
    dispatchPrecondition(condition: .onQueue(batchQueue))
    let now = ContinuousClock.now
    guard !waitsForMore(now) else { return }
    let end = now + gate.predictedBatch(imageCount: min(gate.maxBatch, queue.imageCount))
    let batch = queue.next { image in
      // A request is asked once a batch, not once an image.
      guard let refusal = image.request.refusal(batchBegin: now, batchEnd: end) else { return true }
      gate.release(imageCount: 1)
      completionQueue.async { self.finish([(image, refusal)]) }
      return false
    }
    guard let batch else { return }
    gate.began(imageCount: batch.count)
    computeQueue.async { self.run(batch) }
  }

  /// Whether an idle engine gains by waiting for images that were admitted and are being decoded.
  ///
  /// Clients that got their answers together ask again together: the first of them alone would make a batch
  /// that costs almost what the rest will cost. A lone request has nobody to wait for.
  private func waitsForMore(_ now: ContinuousClock.Instant) -> Bool {
    guard !queue.isRunning, let first = queue.first, queue.imageCount < gate.maxBatch,
      gate.waiting > queue.imageCount
    else { return false }
    let limit = first.request.submitted + gate.patience
    guard now < limit else { return false }
    batchQueue.asyncAfter(deadline: .now() + now.duration(to: limit) / .seconds(1)) { self.startNext() }
    return true
  }

  private func run(_ batch: [Image]) {
    dispatchPrecondition(condition: .onQueue(computeQueue))
    let start = ContinuousClock.now
    let outputs = engine.run(batch.map(\.input))
    let inference = start.duration(to: .now)
    precondition(outputs.count == batch.count, "an engine returns one output for each input")
    gate.ended(after: inference)
    batchQueue.async {
      self.queue.finished()
      self.startNext()
    }
    completionQueue.async {
      self.finish(
        zip(batch, outputs).enumerated().map { index, pair in
          let timing = BatchTiming(
            batchSize: batch.count, isFirstOfBatch: index == 0,
            queueDuration: pair.0.request.submitted.duration(to: start), inferenceDuration: inference)
          return (pair.0, .completed(pair.1, timing))
        })
    }
  }

  private func finish(_ outcomes: [(Image, BatchOutcome<Engine.Output>)]) {
    for (image, outcome) in outcomes where image.request.finish(image.index, outcome) { idle.leave() }
  }
}
