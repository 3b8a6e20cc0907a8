import ArgumentParser
import Checkpoint
import Dispatch
import Inference
import PlainText
import SoftMoEViT

/// `softmoe verify`: is this file whole, and does it compute here what it computed where it was made?
struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Check a checkpoint's structure, every checksum, every weight for NaN and infinity, and its proof.",
    discussion: "Every problem is told, one a line; the status is then 1.")

  @Argument(help: "The .smoe checkpoint.") var model: String

  func run() throws {
    let checkpoint = try Checkpoint(path: model)
    var problems: [any Error] = []
    let progress = ProgressBar("verifying")
    for index in checkpoint.tensors.indices {
      do throws(CheckpointError) { try checkpoint.verify(tensorAt: index) } catch { problems.append(error) }
      checkpoint.releasePages()
      progress.show(Double(index + 1) / Double(checkpoint.tensors.count))
    }
    progress.clear()
    // Damaged weights prove nothing.
    if problems.isEmpty {
      do { try prove() } catch { problems.append(error) }
    }
    for problem in problems { printError("\(model): \(problem)") }
    if !problems.isEmpty { throw ExitCode.failure }
    print(
      "\(model): sound; \(checkpoint.tensors.count) tensors, \(megabytes(checkpoint.byteCount)), "
        + "weights \(hexadecimal(checkpoint.identity))")
  }

  private func prove() throws {
    let served = try OpenedModel(path: model)
    try served.preprocessing.validate()
    let queue = DispatchQueue(label: "softmoe.compute")
    let engine = try InferenceEngine(
      served.network, maxBatch: 1, threads: ThreadPool(threadCount: availableProcessorCount()),
      kernels: KernelSet(.auto), queue: queue)
    try queue.sync { try engine.prove(served.proof) }
    if served.proof == nil { printError("\(model): has no self-proof; import it again to add one") }
  }
}
