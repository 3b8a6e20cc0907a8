import Synchronization

/// Work beside the images' own, in turn with their decoding: reading a request, writing an explanation.
private final class MachineTask: MachineRequest {
  private let wanted: @Sendable () -> Bool
  private let body: @Sendable () -> Void
  private let dropped: @Sendable (Scheduler.DropReason) -> Void

  init(
    wanted: @escaping @Sendable () -> Bool, body: @escaping @Sendable () -> Void,
    dropped: @escaping @Sendable (Scheduler.DropReason) -> Void
  ) {
    (self.wanted, self.body, self.dropped) = (wanted, body, dropped)
  }

  var isWanted: Bool { wanted() }

  func prepare(_ index: Int) -> Bool {
    body()
    return true
  }

  func drop(_ index: Int, _ reason: Scheduler.DropReason) { dropped(reason) }
}

extension Machine {
  /// Does a piece of work on a preparation thread when its turn comes.
  ///
  /// - Parameters:
  ///   - body: the work.
  ///   - dropped: called instead, once, when nobody waits any more or the deadline has passed.
  /// - Throws: why it is refused; nothing is called then.
  package func prepare(
    _ preparation: Preparation, for request: InferenceRequest, body: @escaping @Sendable () -> Void,
    dropped: @escaping @Sendable (Scheduler.DropReason) -> Void
  ) throws(InferenceRefusal) {
    let task = MachineTask(wanted: request.isWanted, body: body, dropped: dropped)
    if let refusal = submit(task, lane: nil, images: [preparation], deadline: request.deadline) {
      throw InferenceRefusal(refusal)
    }
  }
}
