import KernelInterface

/// Tallest block beside so many panels: its sums fill the registers, of which `capacity` are for them.
@inline(__always)
func tallestBlock(panels: Int) -> Int { min(12, capacity / panels) }

/// Runs one block; one copy of the loop for each height that fits beside its panels.
///
/// - Parameter zeros: one for each of the block's panels. Given, as the optimiser would clear an array that
///   it knows to be zeros in memory, and then load it.
@inline(never)
func runBlock<Element: PackedElement, let panels: Int>(
  _ element: Element.Type, _ zeros: InlineArray<panels, Vector>, rows: Int, k: Int, _ left: LeftOperand,
  _ panel: UnsafeRawPointer, _ stride: Int, ahead: Int, _ ending: BlockEnding
) {
  @inline(__always) func run<let rows: Int>(_ sums: InlineArray<rows, InlineArray<panels, Vector>>) {
    tile(sums, of: element, k: k, left, panel, panelStride: stride, ahead: ahead, ending)
  }
  switch rows {
  case 1: run(InlineArray<1, InlineArray<panels, Vector>>(repeating: zeros))
  case 2 where capacity >= 2 * panels: run(InlineArray<2, InlineArray<panels, Vector>>(repeating: zeros))
  case 3 where capacity >= 3 * panels: run(InlineArray<3, InlineArray<panels, Vector>>(repeating: zeros))
  case 4 where capacity >= 4 * panels: run(InlineArray<4, InlineArray<panels, Vector>>(repeating: zeros))
  case 5 where capacity >= 5 * panels: run(InlineArray<5, InlineArray<panels, Vector>>(repeating: zeros))
  case 6 where capacity >= 6 * panels: run(InlineArray<6, InlineArray<panels, Vector>>(repeating: zeros))
  case 7 where capacity >= 7 * panels: run(InlineArray<7, InlineArray<panels, Vector>>(repeating: zeros))
  case 8 where capacity >= 8 * panels: run(InlineArray<8, InlineArray<panels, Vector>>(repeating: zeros))
  case 9 where capacity >= 9 * panels: run(InlineArray<9, InlineArray<panels, Vector>>(repeating: zeros))
  case 10 where capacity >= 10 * panels: run(InlineArray<10, InlineArray<panels, Vector>>(repeating: zeros))
  case 11 where capacity >= 11 * panels: run(InlineArray<11, InlineArray<panels, Vector>>(repeating: zeros))
  case 12 where capacity >= 12 * panels: run(InlineArray<12, InlineArray<panels, Vector>>(repeating: zeros))
  default: fatalError("Kernels: no block of \(rows) rows and \(panels) panels")
  }
}
