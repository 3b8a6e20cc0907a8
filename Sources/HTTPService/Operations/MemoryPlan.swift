/// What a server holds in memory at most, in bytes: every kind of it has a bound.
///
///     weights + workspace + bodies + decoding + images + connections + remainder
///
/// During a reload the new model's weights and workspace come on top.
package struct MemoryPlan: Sendable, Equatable, CustomStringConvertible {
  /// The checkpoint, mapped: the system may drop and read these pages again.
  package let weights: Int
  /// What a forward pass of the largest batch writes.
  package let workspace: Int
  /// Bodies from their heads on until their images are decoded.
  package let bodies: Int
  /// What decoding and reading hold at once.
  package let decoding: Int
  /// Decoded images that wait for a batch, and those of two batches.
  package let images: Int
  /// Buffers of connections.
  package let connections: Int
  /// The program, its threads' stacks, the allocator's slack, answers on their way.
  package static let remainder = 128 << 20

  /// The sum.
  package var total: Int { weights + workspace + bodies + decoding + images + connections + Self.remainder }

  /// The sum and its parts in MiB.
  package var description: String {
    let parts = [
      ("weights", weights), ("workspace", workspace), ("bodies", bodies), ("decoding", decoding),
      ("waiting images", images), ("connections", connections), ("remainder", Self.remainder),
    ]
    return "at most \(mebibytes(total)) MiB of memory: "
      + parts.map { "\($0) \(mebibytes($1))" }.joined(separator: " + ")
  }
}

private func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 19)) >> 20 }
