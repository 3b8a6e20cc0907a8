import ArgumentParser

/// The command: one subcommand a task.
@main
struct SoftmoeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "softmoe",
    abstract: "Serve Soft Mixture-of-Experts Vision Transformers over HTTP.",
    version: softmoeVersion,
    subcommands: [ImportCommand.self])
}
