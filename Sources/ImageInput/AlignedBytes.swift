/// Zeroed memory for vectors, freed with its owner.
struct AlignedBytes: ~Copyable {
  let start: UnsafeMutablePointer<UInt8>
  private let memory: UnsafeMutableRawBufferPointer

  init(count: Int) {
    memory = .allocate(byteCount: max(count, 64), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    start = memory.bindMemory(to: UInt8.self).baseAddress.unsafelyUnwrapped
  }

  deinit { memory.deallocate() }
}
