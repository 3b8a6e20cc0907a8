import ArgumentParser
import Checkpoint
import CheckpointImport
import SoftMoEViT

/// `softmoe trace`: what the network computes for given pixels, for comparison with another framework.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Write logits, features and routing weights for given pixels as safetensors.",
    discussion: """
      The input's tensor 'pixels' is [n, 3, H, W], normalised already. The output has 'logits' [n, classes], \
      'features' [n, width] (pooled, before the head), and for each Soft MoE block L 'dispatch.L' and \
      'combine.L' [n, tokens, experts, slots]. docs/parity.md compares them with PyTorch and JAX.
      """)

  @Argument(help: "The .smoe checkpoint.") var model: String
  @Option(help: "A safetensors file with the tensor 'pixels'.") var pixels: String
  @Option(name: .shortAndLong, help: "The safetensors file to write.") var output: String

  func run() throws {
    let network = try SoftMoEViT(Checkpoint(path: model))
    try ModelTrace(of: network, pixels: pixels).write(
      to: output, threads: ThreadPool(threadCount: availableProcessorCount()), kernels: KernelSet(.auto))
  }
}
