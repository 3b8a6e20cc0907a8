import CMicroHTTPD

/// Sees to it that memory that bodies no longer take is the system's again, so that the process takes what its
/// byte budget says and not what it once took. glibc's allocator keeps what was freed: by default more and more,
/// in an arena for each thread.
struct MemoryReturn {
  /// Blocks of this size and above are mapped one by one, and unmapped when they are freed.
  private static let mappedByteCount: Int32 = 1 << 20
  /// How many bytes must have been given back to the budget for the smaller blocks to be worth a walk through
  /// the arenas, which takes about a millisecond for 100 MiB.
  private static let worthwhileByteCount = 8 << 20

  private let budget: ByteBudget
  private var highest = 0

  init(_ budget: ByteBudget) {
    self.budget = budget
    // Setting the threshold keeps it where it is: otherwise each free of a mapped block raises it, to 32 MiB.
    mallopt(M_MMAP_THRESHOLD, Self.mappedByteCount)
  }

  /// To be called now and then.
  mutating func look() {
    let used = budget.used
    highest = max(highest, used)
    guard highest - used >= Self.worthwhileByteCount else { return }
    malloc_trim(0)
    highest = used
  }
}
