import ArgumentParser
import FoundationEssentials
import Glibc

/// The command: one subcommand a task.
@main
struct SoftmoeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "softmoe",
    abstract: "Serve Soft Mixture-of-Experts Vision Transformers over HTTP.",
    version: softmoeVersion,
    subcommands: [
      ServeCommand.self, ClassifyCommand.self, EvaluateCommand.self, ExpertsCommand.self,
      ProfileCommand.self, ImportCommand.self, TraceCommand.self, InspectCommand.self, VerifyCommand.self,
      SynthesizeCommand.self, BenchCommand.self,
      LoadCommand.self, HealthcheckCommand.self,
    ])

  static func main() async {
    keepStandardDescriptors()
    do {
      let given = Array(CommandLine.arguments.dropFirst())
      var command = try parseAsRoot(try withDefaults(ProcessInfo.processInfo.environment, given))
      // Before anything that waits for a thread.
      if let serve = command as? ServeCommand, !serve.printConfig { try serve.room.check() }
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      LogWriter.standardError.flush()
    } catch {
      end(error)
    }
  }

  /// Ends with what went wrong, said after the log; a pipe that nobody reads keeps nobody from ending.
  ///
  /// As programs do by custom: 2 for what was asked wrongly, 1 for what went wrong.
  private static func end(_ error: any Error) -> Never {
    let code = exitCode(for: error)
    guard !code.isSuccess else { exit(withError: error) }
    let message = fullMessage(for: error)
    if !message.isEmpty { LogWriter.standardError.write(message) }
    LogWriter.standardError.flush()
    Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
  }

  /// Opens what whoever started the process closed: the first file or connection would be taken for the log.
  private static func keepStandardDescriptors() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The least free number is the one that is missing.
      _ = open("/dev/null", O_RDWR)
    }
  }

  /// Puts the options that the environment and a configuration file set before those on the command line: of
  /// several the last wins.
  ///
  /// `--max-batch` is `SOFTMOE_MAX_BATCH`; a wrong value gets the message that the option would get.
  static func withDefaults(_ environment: [String: String], _ arguments: [String]) throws -> [String] {
    guard let name = arguments.first,
      let command = configuration.subcommands.first(where: { $0._commandName == name })
    else { return arguments }
    let options = ConfigurationFile.options(of: command.init())
    let fromEnvironment = options.compactMap { option -> String? in
      let variable = "SOFTMOE_" + option.name.uppercased().replacing("-", with: "_")
      return environment[variable].map { option.argument($0) }
    }
    var fromFile: [String] = []
    if options.contains(where: { $0.name == "config" }),
      let path = configurationPath(fromEnvironment + arguments)
    {
      fromFile = try ConfigurationFile.arguments(path, known: options)
    }
    return [name] + fromFile + fromEnvironment + arguments.dropFirst()
  }

  /// The last `--config` of the arguments.
  private static func configurationPath(_ arguments: [String]) -> String? {
    var path: String?
    for (index, argument) in arguments.enumerated() {
      if argument.hasPrefix("--config=") { path = String(argument.dropFirst(9)) }
      if argument == "--config", index + 1 < arguments.count { path = arguments[index + 1] }
    }
    return path
  }
}
