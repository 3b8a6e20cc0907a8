import CProcessor
import KernelInterface

/// A block of a product, `rows` × (`panels` · 16) elements, kept in registers while k runs.
///
/// Every element is one chain of fused multiply-adds over k = 0, 1, 2 …, whatever the block's shape: the
/// same bits in every batch, on every thread count and processor.
/// - Parameters:
///   - sums: zeros; its type is the block's shape.
///   - ahead: how far ahead of each word memory is asked for what comes next; 0 for nothing.
///   - ending: what is done with the finished sums.
@inline(__always)
func tile<Element: PackedElement, let rows: Int, let panels: Int>(
  _ sums: InlineArray<rows, InlineArray<panels, Vector>>, of _: Element.Type, k: Int, _ left: LeftOperand,
  _ panel: UnsafeRawPointer, panelStride: Int, ahead: Int, _ ending: BlockEnding
) {
  var sums = sums
  var a = left.base
  var b = panel
  let (rowStride, kStride) = (left.rowStride, left.kStride)
  @inline(__always) func add(_ words: InlineArray<panels, Bits>, _ step: Int) {
    var weights = InlineArray<panels, Vector>(repeating: Vector())
    for p in 0..<panels { weights[p] = Element.expand(words[p], step) }
    for r in 0..<rows {
      let x = Vector(repeating: a[r * rowStride + step * kStride])
      for p in 0..<panels { sums[r][p] = sums[r][p].addingProduct(x, weights[p]) }
    }
  }
  @inline(__always) func words() -> InlineArray<panels, Bits> {
    var words = InlineArray<panels, Bits>(repeating: Bits())
    for p in 0..<panels {
      let word = b + p * panelStride
      words[p] = word.loadUnaligned(as: Bits.self)
      // The next panels begin where the processor's own foresight ends.
      processor_prefetch(word + ahead)
    }
    return words
  }
  for _ in 0..<k / Element.depth {
    let words = words()
    for step in 0..<Element.depth { add(words, step) }
    a += Element.depth * kStride
    b += wordBytes
  }
  let rest = k % Element.depth
  if rest > 0 {
    let words = words()
    for step in 0..<Element.depth where step < rest { add(words, step) }
  }
  if Element.isScaled {
    let end = panel + groups(of: Element.self, k: k) * wordBytes
    for p in 0..<panels {
      let scales = (end + p * panelStride).loadUnaligned(as: Vector.self)
      for r in 0..<rows { sums[r][p] *= scales }
    }
  }
  if let bias = ending.bias {
    for p in 0..<panels {
      let x = load(bias + p * lanes)
      for r in 0..<rows { sums[r][p] += x }
    }
  }
  if let gain = ending.gain {
    for p in 0..<panels {
      let x = load(gain + p * lanes)
      for r in 0..<rows { sums[r][p] *= x }
    }
  }
  for r in 0..<rows {
    let row = ending.target.base + r * ending.target.stride
    for p in 0..<panels {
      if ending.accumulates { sums[r][p] += load(row + p * lanes) }
      store(sums[r][p], row + p * lanes)
    }
  }
}

/// What becomes of a block's sums before they leave the registers: `target (+)= gain · (sum + bias)`.
struct BlockEnding {
  /// Of the block's first column.
  var bias, gain: UnsafePointer<Float>?
  var accumulates = false
  /// The block's first element.
  var target: Target
}

/// Sixteen words each, of a panel.
@inline(__always)
func groups<Element: PackedElement>(of _: Element.Type, k: Int) -> Int {
  (k + Element.depth - 1) / Element.depth
}
