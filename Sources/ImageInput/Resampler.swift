/// Resizes and crops an image while it is being decoded, holding only the rows an output row is made of.
///
/// Two passes, each rounded and clipped to 8 bits, along upright x and then upright y, or y first for tall images:
/// the order and the integers of Pillow's resize. When the image is stored upright, each row is resized along x
/// as it arrives and enough of the results are kept in a ring to be blended along y. When upright columns are
/// stored rows, the ring keeps rows as they arrive; they are blended along upright x, and the result, an upright
/// column, is resized along upright y at once. When y comes first, the two change places.
package struct Resampler: ~Copyable, RowSink {
  package let rows: Range<Int>
  package let columns: Range<Int>
  private let geometry: Geometry
  private let isTransposed: Bool
  /// Whether rows are kept as they arrive and blended, and the blended row is resized; else the other way round.
  private let blendsFirst: Bool
  /// Along stored rows, from stored columns; packed once the columns that arrive are known.
  private let alongRow: AxisWeights
  private var rowWeights: PackedWeights
  /// Across stored rows.
  private let acrossRows: PackedWeights
  /// The outputs across rows by the last row they need, and that row's successor.
  private let schedule: [(end: Int, output: Int)]
  /// What is added before the second pass drops its fractions.
  private let lastBias: Int32
  private var emitted = 0

  private let ringRows: Int
  private var stride = 0
  private var ring = AlignedBytes(count: 0)
  /// The row that arrives (upright) or the blended one (transposed).
  private var scratch = AlignedBytes(count: 0)
  private var pairs = AlignedBytes(count: 0)
  private var finished = AlignedBytes(count: 0)
  private var pairCount = 0
  private var offsets: [Int] = []
  private var pixels: [UInt8]

  /// - Parameter shrinkage: what the decoder divides both sides by.
  package init(_ geometry: Geometry, kernel: Preprocessing.Kernel, shrinkage: Int = 1) {
    self.geometry = geometry
    isTransposed = geometry.orientation.isTransposed
    blendsFirst = Self.blendsFirst(geometry)
    lastBias = kernel.antialias ? ResampleLoops.rounding : ResampleLoops.cutting
    let horizontal = geometry.horizontalWeights(kernel, shrinkage: shrinkage)
    let vertical = geometry.verticalWeights(kernel, shrinkage: shrinkage)
    let across = isTransposed ? horizontal : vertical
    alongRow = isTransposed ? vertical : horizontal
    rows = across.covered
    columns = alongRow.covered
    rowWeights = PackedWeights(alongRow, origin: columns.lowerBound, aligned: true)
    acrossRows = PackedWeights(across, origin: 0, aligned: false)
    schedule = zip(across.starts, across.values).enumerated()
      .map { (end: $1.0 + $1.1.count, output: $0) }
      .sorted { ($0.end, $0.output) < ($1.end, $1.output) }
    ringRows = across.values.map(\.count).max() ?? 1
    pixels = [UInt8](repeating: 0, count: geometry.cropWidth * geometry.cropHeight * 3)
  }

  /// [crop height, crop width, 3] so far; complete once every needed row is committed.
  package consuming func image() -> RGBImage {
    RGBImage(width: geometry.cropWidth, height: geometry.cropHeight, pixels: pixels)
  }

  package mutating func begin(columns arriving: Range<Int>) {
    precondition(arriving.lowerBound <= columns.lowerBound && columns.upperBound <= arriving.upperBound)
    rowWeights = PackedWeights(alongRow, origin: arriving.lowerBound, aligned: true)
    pairCount = (arriving.count + 1) / 2
    let arrivingBytes = Self.padded(arriving.count)
    let resizedBytes = Self.padded(alongRow.starts.count)
    stride = blendsFirst ? arrivingBytes : resizedBytes
    ring = AlignedBytes(count: ringRows * stride)
    scratch = AlignedBytes(count: arrivingBytes)
    pairs = AlignedBytes(count: 2 * arrivingBytes)
    finished = AlignedBytes(count: resizedBytes)
  }

  package mutating func destination(row: Int) -> UnsafeMutablePointer<UInt8> {
    blendsFirst && rows.contains(row) ? slot(row) : scratch.start
  }

  package mutating func commit(row: Int) {
    guard rows.contains(row) else { return }
    if !blendsFirst { resizeAlongRow(scratch.start, into: slot(row)) }
    while emitted < schedule.count, schedule[emitted].end == row + 1 {
      let output = schedule[emitted].output
      emitted += 1
      if blendsFirst {
        blend(output, blocks: (pairCount + 1) / 2, into: scratch.start)
        resizeAlongRow(scratch.start, into: finished.start)
      } else {
        blend(output, blocks: (alongRow.starts.count + 3) / 4, into: finished.start)
      }
      if isTransposed { storeColumn(output) } else { storeRow(output) }
    }
  }

  private func slot(_ row: Int) -> UnsafeMutablePointer<UInt8> { ring.start + row % ringRows * stride }

  /// Bytes of a row of pixels in whole vectors, and not a multiple of a page: rows a page apart would share
  /// one set of the cache.
  static func padded(_ pixels: Int) -> Int {
    let bytes = (4 * pixels + 63) / 64 * 64
    return bytes % 4096 == 0 ? bytes + 64 : bytes
  }

  private func resizeAlongRow(_ row: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>) {
    let outputs = rowWeights.firstPairs.count
    pairs.start.withMemoryRebound(to: SIMD8<Int16>.self, capacity: pairCount) { pairs in
      ResampleLoops.pair(row, into: pairs, count: pairCount)
      target.withMemoryRebound(to: SIMD4<UInt8>.self, capacity: outputs) { target in
        rowWeights.withPointers { firstPairs, bounds, table in
          ResampleLoops.horizontal(
            pairs, firstPairs: firstPairs, bounds: bounds, table: table, outputs: outputs,
            bias: blendsFirst ? lastBias : ResampleLoops.rounding, into: target)
        }
      }
    }
  }

  private mutating func blend(_ output: Int, blocks: Int, into target: UnsafeMutablePointer<UInt8>) {
    let first = acrossRows.firstPairs[output]
    let table = acrossRows.bounds[output]
    let pairs = acrossRows.bounds[output + 1] - table
    offsets.removeAll(keepingCapacity: true)
    for row in first..<(first + 2 * pairs) { offsets.append(row % ringRows * stride) }
    acrossRows.withPointers { _, _, weights in
      offsets.withUnsafeBufferPointer { offsets in
        guard let offsets = offsets.baseAddress else { return }
        ResampleLoops.vertical(
          ring.start, offsets: offsets, table: weights + 2 * table, pairs: pairs, blocks: blocks,
          bias: blendsFirst ? ResampleLoops.rounding : lastBias, into: target)
      }
    }
  }

  private mutating func storeRow(_ output: Int) {
    let row = geometry.vertical.padding + output
    store(first: row * geometry.cropWidth + geometry.horizontal.padding, step: 1)
  }

  private mutating func storeColumn(_ output: Int) {
    let column = geometry.horizontal.padding + output
    store(first: geometry.vertical.padding * geometry.cropWidth + column, step: geometry.cropWidth)
  }

  /// Puts the finished pixels, less their fourth bytes, at every `step`-th place of the crop.
  private mutating func store(first: Int, step: Int) {
    for index in 0..<alongRow.starts.count {
      let target = 3 * (first + index * step)
      for channel in 0..<3 { pixels[target + channel] = finished.start[4 * index + channel] }
    }
  }
}
