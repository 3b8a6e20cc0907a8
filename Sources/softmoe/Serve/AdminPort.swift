import ArgumentParser

/// Where probes and metrics are answered: a port, or `none`.
struct AdminPort: ExpressibleByArgument, CustomStringConvertible {
  /// Nil for none; 0 takes a free one.
  let number: UInt16?

  static let standard = AdminPort(number: 8081)

  init(number: UInt16?) { self.number = number }

  init?(argument: String) {
    number = UInt16(argument)
    guard number != nil || argument == "none" else { return nil }
  }

  var description: String { number.map { "\($0)" } ?? "none" }
  var defaultValueDescription: String { description }
}
