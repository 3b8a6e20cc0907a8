import CProcessor
import KernelInterface
import KernelsPortable

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#endif

/// Who multiplies matrices.
public enum KernelChoice: String, Sendable, CaseIterable {
  /// The kernels of this project wherever the processor runs them, else OpenBLAS.
  case auto
  /// The kernels of this project.
  case simd
  /// OpenBLAS.
  case openblas
}

/// The kernels that a forward pass uses: its inner loops, compiled for this processor, and who multiplies.
public struct KernelSet: Sendable {
  /// As `simd (AVX-512)` or `openblas`.
  public let name: String
  let loops: any VectorKernels
  /// Who multiplies in place of the loops.
  let openBLAS: OpenBLAS?

  /// What a choice means on this machine: always the same, as nothing is measured.
  ///
  /// - Throws: `MachineError.instructions` for `simd` where the processor can't run it,
  ///   `MachineError.openBLAS` where OpenBLAS is to multiply and can't be loaded.
  public init(_ choice: KernelChoice) throws(MachineError) {
    switch choice {
    case .simd:
      guard let simd = Self.simd else { throw .instructions }
      self = simd
    case .auto where Self.simd != nil: self = try KernelSet(.simd)
    case .auto, .openblas: self = KernelSet(openBLAS: try OpenBLAS.system.get())
    }
  }

  private init(openBLAS: OpenBLAS) {
    (name, loops, self.openBLAS) = ("openblas", Self.available[0], openBLAS)
  }

  private init(_ loops: any VectorKernels) {
    (name, self.loops, openBLAS) = ("simd (\(loops.instructions))", loops, nil)
  }

  /// Whether an answer's bits are the same in every batch and with any number of threads.
  ///
  /// With our kernels every element is one chain of additions over k. OpenBLAS orders its sums by the number
  /// of rows and by a row's place.
  public var isBatchInvariant: Bool { openBLAS == nil }

  /// Our own kernels; nil where the processor has no fused multiply-add (AVX2 and FMA on x86-64).
  public static let simd: KernelSet? = available[0].isFused ? KernelSet(available[0]) : nil

  /// All that run here, for tests: every instruction set, and OpenBLAS where it is installed.
  package static let all: [KernelSet] =
    available.filter(\.isFused).map { KernelSet($0) } + ((try? KernelSet(.openblas)).map { [$0] } ?? [])

  /// The loops that this processor can run, the best first.
  package static let available: [any VectorKernels] = {
    var available: [any VectorKernels] = []
    #if arch(x86_64)
      if processor_has_avx512() { available.append(KernelsAVX512.Loops()) }
      if processor_has_avx2_and_fma() { available.append(KernelsAVX2.Loops()) }
    #endif
    return available + [KernelsPortable.Loops()]
  }()
}
