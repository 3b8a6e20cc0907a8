/// Orders to reload that come while one is under way become one: whatever they stand for, a reload that begins
/// after the last of them sees it.
package struct ReloadTurns: Sendable {
  private var isRunning = false
  private var isWanted = false

  package init() {}

  /// An order comes.
  ///
  /// - Returns: whether a reload is to begin now.
  package mutating func order() -> Bool {
    isWanted = isRunning
    defer { isRunning = true }
    return !isRunning
  }

  /// A reload has ended.
  ///
  /// - Returns: whether another is to begin now.
  package mutating func end() -> Bool {
    isRunning = isWanted
    isWanted = false
    return isRunning
  }

  /// Whether a reload is under way.
  package var isUnderWay: Bool { isRunning }
}
