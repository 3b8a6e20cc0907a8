import CProcessor
import KernelInterface
import KernelsPortable

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#endif

/// Who multiplies matrices.
public enum KernelChoice: String, Sendable, CaseIterable {
  /// The kernels of this project.
  case simd
  /// OpenBLAS.
  case openblas
  /// Whoever is faster for the model at hand.
  case auto
}

/// The kernels that a forward pass uses: its inner loops, compiled for this processor, and who multiplies.
public struct KernelSet: Sendable {
  /// As `simd (AVX-512)` or `openblas`.
  public let name: String
  /// Whether an answer's bits are the same in every batch and with any number of threads.
  ///
  /// With our kernels every element is one chain of additions over k. OpenBLAS orders its sums by the number
  /// of rows and by a row's place.
  public let isBatchInvariant: Bool
  let loops: any VectorKernels
  let usesOpenBLAS: Bool

  /// Our own kernels; nil where the processor has no fused multiply-add (AVX2 and FMA on x86-64).
  public static let simd: KernelSet? =
    loops.isFused
    ? KernelSet(
      name: "simd (\(loops.instructions))", isBatchInvariant: true, loops: loops, usesOpenBLAS: false) : nil

  /// OpenBLAS for the products; the rest is ours.
  public static let openBLAS = KernelSet(
    name: "openblas", isBatchInvariant: false, loops: loops, usesOpenBLAS: true)

  /// What does for everything but speed: ours where they run, else OpenBLAS.
  public static let standard = simd ?? openBLAS

  /// All that run here, for tests: every instruction set, and OpenBLAS.
  package static let all: [KernelSet] =
    available.filter(\.isFused).map {
      KernelSet(name: "simd (\($0.instructions))", isBatchInvariant: true, loops: $0, usesOpenBLAS: false)
    } + [openBLAS]

  /// The loops that this processor can run, the best first.
  package static let available: [any VectorKernels] = {
    var available: [any VectorKernels] = []
    #if arch(x86_64)
      if processor_has_avx512() { available.append(KernelsAVX512.Loops()) }
      if processor_has_avx2_and_fma() { available.append(KernelsAVX2.Loops()) }
    #endif
    return available + [KernelsPortable.Loops()]
  }()

  private static var loops: any VectorKernels { available[0] }
}
