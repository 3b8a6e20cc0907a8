@_exported import enum Kernels.KernelChoice
@_exported import struct Kernels.KernelSet

/// The processor can't run the kernels that were asked for.
public struct KernelsUnavailable: Error, Equatable, Sendable, CustomStringConvertible {
  /// One line for the operator.
  public var description: String {
    "--kernels simd: this processor has no AVX2 and FMA; 'auto' or 'openblas' runs here"
  }
}

extension SoftMoEViT {
  /// The kernels that a choice means for this model on this machine.
  ///
  /// `auto` times one block of each kind with either, a fraction of a second, and takes one for all. OpenBLAS
  /// has to be faster by a tenth: so much is it worth that an answer's bits don't depend on its batch.
  /// - Throws: `KernelsUnavailable` for `simd` where it can't run.
  public func kernels(_ choice: KernelChoice, threadCount: Int) throws(KernelsUnavailable) -> KernelSet {
    switch (choice, KernelSet.simd) {
    case (.openblas, _), (.auto, nil): return .openBLAS
    case (.simd, nil): throw KernelsUnavailable()
    case (.simd, let simd?): return simd
    case (.auto, let simd?):
      let (own, openBLAS) = (seconds(simd, threadCount), seconds(.openBLAS, threadCount))
      return openBLAS < 0.9 * own ? .openBLAS : simd
    }
  }

  /// Seconds of all blocks, as one of each kind tells: the best of three runs after a first.
  private func seconds(_ kernels: KernelSet, _ threadCount: Int) -> Double {
    let imageCount = 4
    var workspace = Workspace(
      for: configuration, maxImageCount: imageCount, threadCount: threadCount, kernels: kernels)
    let clock = ContinuousClock()
    let kinds = Dictionary(grouping: blocks) { $0.moeLayer == nil }
    return kinds.values.reduce(0) { sum, blocks in
      blocks[0](imageCount: imageCount, &workspace)
      let times = (0..<3).map { _ in clock.measure { blocks[0](imageCount: imageCount, &workspace) } }
      return sum + (times.min() ?? .zero) / .seconds(1) * Double(blocks.count)
    }
  }
}
