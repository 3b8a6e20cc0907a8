import Glibc

/// Waits until something holds that must come, however busy the machine is.
///
/// - Parameter what: says what was waited for.
/// - Throws: `Command.Failure` after five minutes, for what never comes.
package func wait(until what: String, _ condition: () throws -> Bool) throws {
  for _ in 0..<30_000 {
    if try condition() { return }
    usleep(10_000)
  }
  throw Command.Failure(description: "waited five minutes until \(what)")
}
