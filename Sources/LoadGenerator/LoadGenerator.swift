import Glibc

/// Puts load on a server and measures how it answers.
///
/// One thread serves all connections: the generator shares its machine with the server more often than not,
/// and what it takes for itself the server lacks.
package struct LoadGenerator: Sendable {
  private let requests: ImageRequests
  private let timing: LoadTiming
  private let address: ServerAddress

  /// Finds the server; nothing but a connection is asked of it yet.
  /// - Throws: `LoadError.unknownHost`, `.unreachable`.
  package init(target: LoadTarget, requests: ImageRequests, timing: LoadTiming) throws(LoadError) {
    (self.requests, self.timing) = (requests, timing)
    address = try ServerAddress.reachable(target, timeout: timing.timeout)
  }

  /// Measures one level, with connections of its own.
  /// - Parameters:
  ///   - level: 1 connection or more.
  ///   - observe: given the share of the time that has passed, 0…1, fifty times a second; false ends the
  ///     level at once, and requests without an answer don't count.
  /// - Throws: `LoadError.systemCall`.
  package func measure(_ level: LoadLevel, observe: (Double) -> Bool) throws(LoadError) -> LevelResult {
    try allowOpenFiles(level.connections)
    return try LevelRun(level, timing, messages: requests.messages, address: address).run(observe: observe)
  }
}

/// Raises the soft limit of open files where `connections` and a few files more need it.
/// - Throws: `LoadError.systemCall` when the hard limit is below.
private func allowOpenFiles(_ connections: Int) throws(LoadError) {
  let needed = rlim_t(connections) + 64
  let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
  var limit = rlimit()
  guard getrlimit(resource, &limit) == 0, limit.rlim_cur < needed else { return }
  limit.rlim_cur = min(needed, limit.rlim_max)
  guard needed <= limit.rlim_max, setrlimit(resource, &limit) == 0 else {
    throw .systemCall(
      name: "setrlimit",
      reason: "\(connections) connections need \(needed) open files; the system allows \(limit.rlim_max)")
  }
}
