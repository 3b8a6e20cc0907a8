import KernelInterface

extension Loops {
  /// Packs rows [k, columns] into panels: 16 columns a panel, zeros behind the last.
  ///
  /// - Parameters:
  ///   - source: rows `stride` apart.
  ///   - panels: [⌈columns/16⌉, k, 16], overwritten.
  package func packRows(
    _ source: UnsafePointer<Float>, k: Int, columns: Int, stride: Int,
    into panels: UnsafeMutablePointer<Float>
  ) {
    for column in Swift.stride(from: 0, to: columns, by: panelWidth) {
      let count = min(panelWidth, columns - column)
      let panel = panels + column * k
      for row in 0..<k { store(load(source + row * stride + column, count: count), panel + row * panelWidth) }
    }
  }

  /// Packs the transpose of rows [columns, k] into panels, so that each row becomes a column.
  ///
  /// - Parameters:
  ///   - source: rows `stride` apart.
  ///   - panels: [⌈columns/16⌉, k, 16], overwritten.
  package func packTransposed(
    _ source: UnsafePointer<Float>, k: Int, columns: Int, stride: Int,
    into panels: UnsafeMutablePointer<Float>
  ) {
    for first in Swift.stride(from: 0, to: columns, by: panelWidth) {
      let panel = panels + first * k
      let rows = min(panelWidth, columns - first)
      var row = 0
      while row + 4 <= rows {
        packFourTransposed(source + (first + row) * stride, k: k, stride: stride, into: panel + row)
        row += 4
      }
      for row in row..<panelWidth {
        for index in 0..<k {
          panel[index * panelWidth + row] = row < rows ? source[(first + row) * stride + index] : 0
        }
      }
    }
  }

  /// Columns of packed weights as rows of Floats again, for OpenBLAS.
  ///
  /// - Parameter target: rows `columns.count` apart.
  package func unpack(_ operand: PackedOperand, columns: Range<Int>, into target: UnsafeMutablePointer<Float>)
  {
    switch operand.element {
    case .f32: unpackPanels(Float32Element.self, operand, columns, target)
    case .bf16: unpackPanels(BFloat16Element.self, operand, columns, target)
    case .f16: unpackPanels(Float16Element.self, operand, columns, target)
    case .int8: unpackPanels(Int8Element.self, operand, columns, target)
    }
  }
}

/// Four rows become four neighbouring columns, 4 × 4 elements at a time.
@inline(always)
private func packFourTransposed(
  _ source: UnsafePointer<Float>, k: Int, stride: Int, into target: UnsafeMutablePointer<Float>
) {
  func load4(_ row: Int, _ index: Int) -> SIMD4<Float> {
    UnsafeRawPointer(source + row * stride + index).loadUnaligned(as: SIMD4<Float>.self)
  }
  func store4(_ vector: SIMD4<Float>, _ index: Int) {
    UnsafeMutableRawPointer(target + index * panelWidth).storeBytes(of: vector, as: SIMD4<Float>.self)
  }
  var index = 0
  while index + 4 <= k {
    let (a, b, c, d) = (load4(0, index), load4(1, index), load4(2, index), load4(3, index))
    store4(SIMD4(a.x, b.x, c.x, d.x), index)
    store4(SIMD4(a.y, b.y, c.y, d.y), index + 1)
    store4(SIMD4(a.z, b.z, c.z, d.z), index + 2)
    store4(SIMD4(a.w, b.w, c.w, d.w), index + 3)
    index += 4
  }
  while index < k {
    for row in 0..<4 { target[index * panelWidth + row] = source[row * stride + index] }
    index += 1
  }
}

@inline(always)
private func unpackPanels<Element: PackedElement>(
  _: Element.Type, _ operand: PackedOperand, _ columns: Range<Int>, _ target: UnsafeMutablePointer<Float>
) {
  for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: panelWidth) {
    let panel = operand.panel(at: column)
    let count = min(panelWidth, columns.upperBound - column)
    var scales = Vector(repeating: 1)
    if Element.isScaled {
      let end = panel + groups(of: Element.self, k: operand.k) * wordBytes
      scales = end.loadUnaligned(as: Vector.self)
    }
    widenPanel(Element.self, k: operand.k, panel) { row, x in
      store(x * scales, target + row * columns.count + column - columns.lowerBound, count: count)
    }
  }
}
