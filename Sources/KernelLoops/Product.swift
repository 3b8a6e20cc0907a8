import KernelInterface

extension Loops {
  /// A group of panels at a time runs down the rows, so that it is read from memory once and then stays in
  /// a near cache.
  package func product(
    rows: Int, columns: Range<Int>, left: LeftOperand, right: PackedOperand, finish: Finish, target: Target,
    scratch: UnsafeMutablePointer<Float>
  ) {
    switch right.element {
    case .f32: multiply(Float32Element.self, rows, columns, left, right, finish, target, scratch)
    case .bf16: multiply(BFloat16Element.self, rows, columns, left, right, finish, target, scratch)
    case .f16: multiply(Float16Element.self, rows, columns, left, right, finish, target, scratch)
    case .int8: multiply(Int8Element.self, rows, columns, left, right, finish, target, scratch)
    }
  }

  /// Floats of scratch that `product` needs.
  package func productScratch(k: Int) -> Int { blockCount + 4 * (k + 1) * panelWidth }
}

@inline(__always)
private func multiply<Element: PackedElement>(
  _: Element.Type, _ rows: Int, _ columns: Range<Int>, _ left: LeftOperand, _ right: PackedOperand,
  _ finish: Finish, _ target: Target, _ scratch: UnsafeMutablePointer<Float>
) {
  let block = scratch
  let widened = scratch + blockCount
  let widest = panelsAbreast(rows: rows)
  var column = columns.lowerBound
  while column < columns.upperBound {
    let rest = panelCount(columns.upperBound - column)
    let panels = rest >= widest ? widest : min(widest, rest >= 2 ? 2 : 1)
    let width = min(panels * panelWidth, columns.upperBound - column)
    var panel = right.panel(at: column)
    var stride = right.panelStride
    var isWidened = false
    if rows >= widenedRows(right.element) {
      widen(Element.self, panels: panels, k: right.k, panel, stride, into: widened)
      (panel, stride, isWidened) = (UnsafeRawPointer(widened), widenedStride(k: right.k), true)
    }
    // A last panel that is not full goes by way of the scratch, and what multiplies; all others straight to the target.
    let isWhole = width == panels * panelWidth && !finish.isProduct
    var row = 0
    while row < rows {
      let count = nextRows(rows - row, panels: panels)
      let place = target.from(row: row)
      // Widened panels, and those that rows above have read, are near already.
      let ahead = isWidened || row > 0 ? 0 : panels * stride
      let ending =
        isWhole
        ? finish.ending(column: column, place)
        : BlockEnding(target: Target(base: block, stride: panels * panelWidth))
      if isWidened {
        runBlock(
          Element.Widened.self, rows: count, panels: panels, k: right.k, left.from(row: row), panel, stride,
          ahead: ahead, ending)
      } else {
        runBlock(
          Element.self, rows: count, panels: panels, k: right.k, left.from(row: row), panel, stride,
          ahead: ahead, ending)
      }
      if !isWhole {
        finishSums(
          block, rows: count, stride: panels * panelWidth, columns: column..<column + width, finish: finish,
          target: place)
      } else if case .activate = finish.kind {
        let start = place.base + column
        finishSums(
          start, rows: count, stride: place.stride, columns: 0..<width, finish: Finish(finish.kind),
          target: Target(base: start, stride: place.stride))
      }
      row += count
    }
    column += width
  }
}

extension Finish {
  fileprivate var isProduct: Bool { if case .multiply = kind { true } else { false } }

  /// What of it a block of whole panels can do in registers: all but the activation.
  @inline(__always)
  fileprivate func ending(column: Int, _ place: Target) -> BlockEnding {
    var ending = BlockEnding(
      bias: bias.map { $0 + column }, gain: gain.map { $0 + column },
      target: Target(base: place.base + column, stride: place.stride))
    if case .accumulate = kind { ending.accumulates = true }
    return ending
  }
}

/// Few rows leave registers for more panels: more sums that wait for nothing, more of memory under way.
@inline(__always)
private func panelsAbreast(rows: Int) -> Int {
  if rows <= tallestBlock(panels: 4) { return 4 }
  return rows <= tallestBlock(panels: 2) || tallestBlock(panels: 2) == 12 ? 2 : 1
}

/// Rows of the next block: as tall as can be, the last two alike.
@inline(__always)
private func nextRows(_ rows: Int, panels: Int) -> Int {
  let tallest = tallestBlock(panels: panels)
  return rows >= 2 * tallest ? tallest : rows > tallest ? (rows + 1) / 2 : rows
}

@inline(__always)
private func runBlock<Element: PackedElement>(
  _ element: Element.Type, rows: Int, panels: Int, k: Int, _ left: LeftOperand, _ panel: UnsafeRawPointer,
  _ stride: Int, ahead: Int, _ ending: BlockEnding
) {
  switch panels {
  case 1:
    let shape = InlineArray<1, Vector>(repeating: Vector())
    runBlock(element, shape, rows: rows, k: k, left, panel, stride, ahead: ahead, ending)
  case 2:
    let shape = InlineArray<2, Vector>(repeating: Vector())
    runBlock(element, shape, rows: rows, k: k, left, panel, stride, ahead: ahead, ending)
  default:
    let shape = InlineArray<4, Vector>(repeating: Vector())
    runBlock(element, shape, rows: rows, k: k, left, panel, stride, ahead: ahead, ending)
  }
}

/// Panels as Floats, for products with so many rows that widening them once is cheaper.
@inline(never)
private func widen<Element: PackedElement>(
  _: Element.Type, panels: Int, k: Int, _ source: UnsafeRawPointer, _ stride: Int,
  into target: UnsafeMutablePointer<Float>
) {
  for panel in 0..<panels {
    let (from, to) = (source + panel * stride, target + panel * widenedStride(k: k) / 4)
    widenPanel(Element.self, k: k, from) { row, x in store(x, to + row * lanes) }
    if Element.isScaled {
      let scales = (from + groups(of: Element.self, k: k) * wordBytes).loadUnaligned(as: Vector.self)
      store(scales, to + k * lanes)
    }
  }
}

/// Bytes from one widened panel to the next; scales have room behind each.
@inline(__always)
private func widenedStride(k: Int) -> Int { (k + 1) * wordBytes }

/// Calls `body` with each row of a panel.
@inline(__always)
func widenPanel<Element: PackedElement>(
  _: Element.Type, k: Int, _ panel: UnsafeRawPointer, _ body: (_ row: Int, _ x: Vector) -> Void
) {
  for group in 0..<groups(of: Element.self, k: k) {
    let words = (panel + group * wordBytes).loadUnaligned(as: Bits.self)
    for step in 0..<Element.depth where group * Element.depth + step < k {
      body(group * Element.depth + step, Element.expand(words, step))
    }
  }
}

/// From so many rows on, panels are widened once instead of at each block.
///
/// Measured: sixteen registers are too few to widen beside six rows of sums; thirty-two are enough for
/// bfloat16, which takes one operation.
@inline(__always)
private func widenedRows(_ element: ElementType) -> Int {
  switch element {
  case .f32: .max
  case .bf16: capacity >= 24 ? .max : 9
  case .f16, .int8: capacity >= 24 ? 24 : 9
  }
}

/// Floats of a block that has just been summed.
private let blockCount = 1024
