import Glibc

/// Which tokens the experts of a sparse mixture work on, and where their rows lie.
///
/// Allocated once for the largest batch. Axes: b images, m tokens, n experts.
package final class ExpertRows: @unchecked Sendable {
  // @unchecked: confined to one queue by its owner, as Compute; parallel jobs write apart.

  /// m and n.
  package let tokenCount, expertCount: Int
  /// The largest b.
  let maxImageCount: Int
  /// [b·m, n]: the place of a token among the rows that an expert has of its image, or −1.
  let places: UnsafeMutablePointer<Int32>
  /// [b, n]: how many tokens of each image each expert takes.
  let counts: UnsafeMutablePointer<Int32>
  /// [b, n]: how many wanted to be taken, and how many of those taken have the expert as their first choice.
  let demands, firstChoices: UnsafeMutablePointer<Int32>
  /// [n·b + 1]: the first row of expert e for image i at e·b + i of this batch, and the rows in all.
  let firstRows: UnsafeMutablePointer<Int32>
  /// [n + 1]: the blocks of rows before each expert's.
  let firstBlocks: UnsafeMutablePointer<Int32>

  /// Room for a batch.
  ///
  /// - Throws: `MachineError.memory`.
  package init(maxImageCount: Int, tokenCount: Int, expertCount: Int) throws(MachineError) {
    (self.maxImageCount, self.tokenCount, self.expertCount) = (maxImageCount, tokenCount, expertCount)
    let pairs = maxImageCount * expertCount
    let count = pairs * tokenCount + 4 * pairs + 1 + expertCount + 1
    let size = (count * MemoryLayout<Int32>.size + 63) / 64 * 64
    guard let memory = aligned_alloc(64, size) else { throw .memory(byteCount: size) }
    places = memory.bindMemory(to: Int32.self, capacity: count)
    places.initialize(repeating: 0, count: count)
    counts = places + pairs * tokenCount
    demands = counts + pairs
    firstChoices = demands + pairs
    firstRows = firstChoices + pairs
    firstBlocks = firstRows + pairs + 1
  }

  deinit { free(places) }

  /// Bytes held.
  package var byteCount: Int {
    (maxImageCount * expertCount * (tokenCount + 4) + expertCount + 2) * MemoryLayout<Int32>.size
  }

  /// Rows of all experts for the images of this batch.
  package func rowCount(imageCount: Int) -> Int { Int(firstRows[expertCount * imageCount]) }

  /// Lays the experts' rows one after another, those of one expert by image.
  func layOut(imageCount b: Int) {
    var row: Int32 = 0
    for expert in 0..<expertCount {
      for image in 0..<b {
        firstRows[expert * b + image] = row
        row += counts[image * expertCount + expert]
      }
    }
    firstRows[expertCount * b] = row
  }

  /// The rows of an expert.
  func rows(of expert: Int, imageCount b: Int) -> Range<Int> {
    Int(firstRows[expert * b])..<Int(firstRows[(expert + 1) * b])
  }
}
