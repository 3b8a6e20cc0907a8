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
  /// `auto` times one block of each kind with either in turns, a fraction of a second, and takes one for all.
  /// OpenBLAS has to be faster by a tenth: so much is it worth that an answer's bits don't depend on its batch.
  /// - Throws: `KernelsUnavailable` for `simd` where it can't run.
  public func kernels(_ choice: KernelChoice, threadCount: Int) throws(KernelsUnavailable) -> KernelSet {
    switch (choice, KernelSet.simd) {
    case (.openblas, _), (.auto, nil): return .openBLAS
    case (.simd, nil): throw KernelsUnavailable()
    case (.simd, let simd?): return simd
    case (.auto, let simd?):
      let (own, openBLAS) = seconds(simd, .openBLAS, threadCount)
      return openBLAS < 0.9 * own ? .openBLAS : simd
    }
  }

  /// Seconds of all blocks with either set of kernels, as one block of each kind tells: the least of many runs.
  ///
  /// They take turns, so that a minute in which the machine has other work to do slows both.
  private func seconds(_ a: KernelSet, _ b: KernelSet, _ threadCount: Int) -> (a: Double, b: Double) {
    let imageCount = 4
    func workspace(_ kernels: KernelSet) -> Workspace {
      Workspace(
        for: configuration, maxImageCount: imageCount, threadCount: threadCount, kernels: kernels)
    }
    var first = workspace(a)
    var second = workspace(b)
    let clock = ContinuousClock()
    var sums = (a: 0.0, b: 0.0)
    for blocks in Dictionary(grouping: blocks, by: { $0.moeLayer == nil }).values {
      var least = (a: Duration.seconds(3600), b: Duration.seconds(3600))
      let end = clock.now + .milliseconds(100)
      var runs = 0
      while runs < 4 || (clock.now < end && runs < 100) {
        let times = (
          clock.measure { blocks[0](imageCount: imageCount, &first) },
          clock.measure { blocks[0](imageCount: imageCount, &second) }
        )
        // The first run reads weights from the disk.
        if runs > 0 { least = (min(least.a, times.0), min(least.b, times.1)) }
        runs += 1
      }
      sums.a += least.a / .seconds(1) * Double(blocks.count)
      sums.b += least.b / .seconds(1) * Double(blocks.count)
    }
    return sums
  }
}
