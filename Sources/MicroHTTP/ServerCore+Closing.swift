extension ServerCore {
  /// Forgets a connection that libmicrohttpd is about to close.
  ///
  /// When nothing asked for its end and its peer is still there, it closes because the library could not read
  /// the request line, to which it gives no answer.
  func end(_ client: Client) {
    switch clients.remove(client) {
    case .idle(_, _, .beforeFirstRequest), .idle(_, _, .betweenRequests):
      if !isStopping.load(ordering: .relaxed), !client.hasPeerLeft { count(.malformed) }
    case .idle, .receiving, .serving, .sending, .closed: break
    }
  }

  /// Closes the connections that are out of time or whose peers have left, and, where the memory for bodies
  /// is short, those whose bodies stand still.
  func closeOverdue(at now: ContinuousClock.Instant) {
    clients.forEach { client in
      if !close(client, { $0.overdueReason(at: now) }) { client.closeIfPeerHasLeft() }
    }
    if let budget = configuration.byteBudget { closeStalled(at: now, budget: budget) }
  }

  /// Closes the connection that has waited longest to make room for another.
  /// - Returns: false when every connection is being answered.
  func makeRoom() -> Bool {
    clients.makeRoom { client, isStillSo in close(client) { isStillSo($0) ? .evicted : nil } }
  }

  /// Counts the requests that are in the middle of something when the server ends.
  func countUnfinished() {
    clients.forEach { client in
      switch client.phase {
      case .receiving, .sending: count(.shutdown)
      case .idle, .serving, .closed: break
      }
    }
  }

  /// Whenever more than half of the budget is in use, a body may stand still for a second only: those that
  /// have stood longest go first, until half is free.
  private func closeStalled(at now: ContinuousClock.Instant, budget: ByteBudget) {
    var excess = budget.used - budget.capacity / 2
    guard excess > 0 else { return }
    var stalled: [(client: Client, progress: BodyProgress)] = []
    clients.forEach { client in
      guard case .receiving(_, _, let progress) = client.phase, progress.reservedByteCount > 0,
        now - progress.lastProgress > .seconds(1)
      else { return }
      stalled.append((client, progress))
    }
    stalled.sort { $0.progress.lastProgress < $1.progress.lastProgress }
    for (client, progress) in stalled where excess > 0 {
      // What it gives back is counted here, because libmicrohttpd closes the connection a moment later.
      let isClosed = close(client) { $0.receivingSince == progress.lastProgress ? .stalled : nil }
      if isClosed { excess -= progress.reservedByteCount }
    }
  }

  private func close(
    _ client: Client, _ judge: (Client.Phase) -> HTTPServer.RefusalReason?
  ) -> Bool {
    let reason = client.close(judge, words: finalWords, linger: lingering.add(copyOf:))
    if let reason { count(reason) }
    return reason != nil
  }
}
