import Foundation

/// The built `softmoe` command, run as a user runs it.
package enum Command {
  /// How it ended and what it said.
  package struct Outcome: Sendable {
    /// The exit status.
    package let status: Int32
    /// Standard output.
    package let output: String
    /// Standard error.
    package let errors: String
  }

  /// The command was not built, or failed where it had to succeed.
  package struct Failure: Error, CustomStringConvertible {
    /// What happened.
    package let description: String
  }

  /// Runs `softmoe` with arguments and waits for its end.
  package static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  /// Runs `softmoe` with arguments and waits for its end.
  package static func run(_ arguments: [String]) throws -> Outcome {
    try withTemporaryFile("output") { path in
      // Files, not pipes: nobody has to read both at once.
      let (output, errors) = (path, path + ".errors")
      for file in [output, errors] { _ = FileManager.default.createFile(atPath: file, contents: nil) }
      let process = Process()
      process.executableURL = executable
      process.arguments = arguments
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
      process.standardError = try FileHandle(forWritingTo: URL(filePath: errors))
      try process.run()
      process.waitUntilExit()
      return Outcome(
        status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
        errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
  }

  /// Runs `softmoe` and returns its output.
  ///
  /// - Throws: `Failure` when its status isn't 0.
  @discardableResult
  package static func succeed(_ arguments: [String]) throws -> String {
    let outcome = try run(arguments)
    guard outcome.status == 0 else {
      throw Failure(description: "softmoe \(arguments) ended with \(outcome.status): \(outcome.errors)")
    }
    return outcome.output
  }

  /// The command; it lies beside the program that runs the tests.
  package static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "softmoe")
}
