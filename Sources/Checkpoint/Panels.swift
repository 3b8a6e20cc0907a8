/// Packs matrices in panels.
package enum Panels {
  /// One matrix.
  ///
  /// Integers of 8 bits are `round(w / scale)` with `scale = max |w| / 127` for each column: off by half a
  /// scale at most.
  /// - Parameters:
  ///   - values: [k, c], row-major.
  ///   - type: how the elements are stored.
  /// - Returns: the panels' bytes.
  package static func pack(_ values: [Float], k: Int, c: Int, type: ElementType) -> [UInt8] {
    precondition(values.count == k * c && c > 0, "\(values.count) values for [\(k), \(c)]")
    let width = PanelLayout.width
    guard let count = Arrangement.panels.byteCount(shape: [k, c], type: type) else {
      preconditionFailure("[\(k), \(c)] is too large")
    }
    let panelLength = PanelLayout.byteCount(rows: k, type)
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      let raw = UnsafeMutableRawBufferPointer(buffer)
      raw.initializeMemory(as: UInt8.self, repeating: 0)
      for first in stride(from: 0, to: c, by: width) {
        let start = first / width * panelLength
        let panel = UnsafeMutableRawBufferPointer(rebasing: raw[start..<start + panelLength])
        pack(values, columns: first..<min(c, first + width), k: k, c: c, type: type, into: panel)
      }
      initializedCount = count
    }
  }

  private static func pack(
    _ values: [Float], columns: Range<Int>, k: Int, c: Int, type: ElementType,
    into panel: UnsafeMutableRawBufferPointer
  ) {
    let depth = PanelLayout.depth(type)
    var scales = [Float](repeating: 1, count: columns.count)
    if type == .int8 {
      scales = columns.map { column in
        let largest = (0..<k).reduce(Float(0)) { max($0, abs(values[$1 * c + column])) }
        return largest > 0 ? largest / 127 : 1
      }
      let end = panel.count - PanelLayout.scaleByteCount(type)
      for (lane, scale) in scales.enumerated() {
        panel.storeBytes(of: scale, toByteOffset: end + lane * PanelLayout.wordByteCount, as: Float.self)
      }
    }
    for row in 0..<k {
      let place = row / depth * PanelLayout.width * PanelLayout.wordByteCount + row % depth * type.byteCount
      for lane in 0..<columns.count {
        let value = values[row * c + columns.lowerBound + lane] / scales[lane]
        store(value, as: type, in: panel, at: place + lane * PanelLayout.wordByteCount)
      }
    }
  }

  @inline(__always)
  private static func store(
    _ value: Float, as type: ElementType, in raw: UnsafeMutableRawBufferPointer, at offset: Int
  ) {
    switch type {
    case .f32: raw.storeBytes(of: value, toByteOffset: offset, as: Float.self)
    case .bf16: raw.storeBytes(of: bfloat16(value), toByteOffset: offset, as: UInt16.self)
    case .f16: raw.storeBytes(of: Float16(value), toByteOffset: offset, as: Float16.self)
    case .int8:
      // A NaN (∞ over an infinite scale) becomes 0; the scale tells.
      let integer = value.isNaN ? 0 : Int8(max(-127, min(127, value.rounded(.toNearestOrEven))))
      raw.storeBytes(of: integer, toByteOffset: offset, as: Int8.self)
    }
  }
}
