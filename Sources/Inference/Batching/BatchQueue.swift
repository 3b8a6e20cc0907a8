/// Which images run next: a pure state machine without clock, thread or lock.
///
/// A request brings one image or many. While the engine is idle a lone request runs at once; while it works,
/// what arrives waits and becomes the next batch. Requests take turns of a quarter of a batch, in order of
/// arrival, so that a request of many images neither starves small ones nor is starved by them.
package struct BatchQueue<Image> {
  package let maxBatch: Int
  /// Images that wait.
  package private(set) var imageCount = 0
  package private(set) var isRunning = false
  private var requests: [ArraySlice<Image>] = []

  package init(maxBatch: Int) {
    precondition(maxBatch >= 1, "a batch holds at least one image")
    self.maxBatch = maxBatch
  }

  /// The image that has waited longest, or one that came with it.
  package var first: Image? { requests.first?.first }

  package mutating func enqueue(_ request: [Image]) {
    guard !request.isEmpty else { return }
    requests.append(request[...])
    imageCount += request.count
  }

  package mutating func finished() {
    precondition(isRunning, "only a batch that runs can finish")
    isRunning = false
  }

  /// The next batch, or nil while the engine works or nobody waits; tell `finished` after it.
  ///
  /// - Parameter isWanted: asked once for each image that would run; those refused don't run.
  package mutating func next(isWanted: (Image) -> Bool) -> [Image]? {
    guard !isRunning else { return nil }
    var batch: [Image] = []
    while batch.count < maxBatch, let request = requests.first {
      let (taken, rest) = turn(of: request, room: maxBatch - batch.count)
      batch += taken.filter(isWanted)
      imageCount -= taken.count
      requests.removeFirst()
      if !rest.isEmpty { requests.append(rest) }
    }
    guard !batch.isEmpty else { return nil }
    isRunning = true
    return batch
  }

  private func turn(of request: ArraySlice<Image>, room: Int) -> (ArraySlice<Image>, ArraySlice<Image>) {
    let count = min(max(1, maxBatch / 4), room)
    return (request.prefix(count), request.dropFirst(count))
  }
}
