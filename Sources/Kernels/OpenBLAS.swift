import Glibc

/// OpenBLAS' matrix product, of the library that the system has.
///
/// It is loaded when it is first asked for, and not with the program: loaded, it starts threads, reserves
/// address space for each, and hangs where it gets neither.
package struct OpenBLAS: Sendable {
  /// `cblas_sgemm` of OpenBLAS 0.3 with integers of 32 bits.
  typealias Product =
    @convention(c) (
      _ order: CInt, _ transposeA: CInt, _ transposeB: CInt, _ m: CInt, _ n: CInt, _ k: CInt, _ alpha: Float,
      _ a: UnsafePointer<Float>, _ aStride: CInt, _ b: UnsafePointer<Float>, _ bStride: CInt, _ beta: Float,
      _ c: UnsafeMutablePointer<Float>, _ cStride: CInt
    ) -> Void

  private let product: Product

  /// The system's library, loaded at the first use; that should come before other threads read the environment.
  ///
  /// `MachineError.openBLAS` where it isn't there, or is another one.
  static let system = Result { () throws(MachineError) in try OpenBLAS(library: "libopenblas.so.0") }

  /// - Throws: `MachineError.openBLAS`.
  package init(library name: String) throws(MachineError) {
    // The library itself, and the first thread's buffer.
    try Self.requireAddressSpace(byteCount: (64 << 20) + Self.bytesPerThread)
    // Kernels call it from threads of their own, so it must have none: it reads these as it is loaded.
    for variable in ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"] { setenv(variable, "1", 1) }
    guard let library = dlopen(name, RTLD_NOW | RTLD_LOCAL) else { throw .openBLAS(Self.problem(name)) }
    guard let symbol = dlsym(library, "cblas_sgemm") else { throw .openBLAS(Self.problem(name)) }
    product = unsafeBitCast(symbol, to: Product.self)
  }

  /// `c = a · b`, row-major; a is [m, k], or [k, m] where it is transposed.
  func multiply(
    m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, stride aStride: Int, isTransposed: Bool,
    _ b: UnsafePointer<Float>, stride bStride: Int, into c: UnsafeMutablePointer<Float>, stride cStride: Int
  ) {
    let (rowMajor, plain, transposed): (CInt, CInt, CInt) = (101, 111, 112)
    product(
      rowMajor, isTransposed ? transposed : plain, plain, CInt(m), CInt(n), CInt(k), 1, a, CInt(aStride), b,
      CInt(bStride), 0, c, CInt(cStride))
  }

  /// Address space that it takes for each thread at its first product.
  private static let bytesPerThread = 128 << 20

  /// Looks whether there is room for the buffers of so many threads: without it OpenBLAS tries for ever.
  ///
  /// - Throws: `MachineError.memory`.
  static func requireRoom(threadCount: Int) throws(MachineError) {
    try requireAddressSpace(byteCount: threadCount * bytesPerThread)
  }

  private static func requireAddressSpace(byteCount: Int) throws(MachineError) {
    let room = mmap(nil, byteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard room != MAP_FAILED else { throw .memory(byteCount: byteCount) }
    munmap(room, byteCount)
  }

  private static func problem(_ name: String) -> String {
    dlerror().map { String(cString: $0) } ?? "can't load \(name)"
  }
}
