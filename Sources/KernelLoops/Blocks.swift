import KernelInterface

/// Tallest block beside so many panels: its sums fill the registers, of which `capacity` are for them.
@inline(__always)
func tallestBlock(panels: Int) -> Int { min(12, capacity / panels) }

/// Runs one block; one copy of the loop for each height that fits beside its panels.
///
/// - Parameter shape: as many vectors as the block has panels.
@inline(never)
func runBlock<Element: PackedElement, let panels: Int>(
  _ element: Element.Type, _ shape: InlineArray<panels, Vector>, rows: Int, k: Int, _ left: LeftOperand,
  _ panel: UnsafeRawPointer, _ stride: Int, ahead: Int, _ ending: BlockEnding
) {
  @inline(__always) func run<let rows: Int>(_ sums: InlineArray<rows, InlineArray<panels, Vector>>) {
    tile(sums, of: element, k: k, left, panel, panelStride: stride, ahead: ahead, ending)
  }
  switch rows {
  case 1: run(zeros() as InlineArray<1, InlineArray<panels, Vector>>)
  case 2 where capacity >= 2 * panels: run(zeros() as InlineArray<2, InlineArray<panels, Vector>>)
  case 3 where capacity >= 3 * panels: run(zeros() as InlineArray<3, InlineArray<panels, Vector>>)
  case 4 where capacity >= 4 * panels: run(zeros() as InlineArray<4, InlineArray<panels, Vector>>)
  case 5 where capacity >= 5 * panels: run(zeros() as InlineArray<5, InlineArray<panels, Vector>>)
  case 6 where capacity >= 6 * panels: run(zeros() as InlineArray<6, InlineArray<panels, Vector>>)
  case 7 where capacity >= 7 * panels: run(zeros() as InlineArray<7, InlineArray<panels, Vector>>)
  case 8 where capacity >= 8 * panels: run(zeros() as InlineArray<8, InlineArray<panels, Vector>>)
  case 9 where capacity >= 9 * panels: run(zeros() as InlineArray<9, InlineArray<panels, Vector>>)
  case 10 where capacity >= 10 * panels: run(zeros() as InlineArray<10, InlineArray<panels, Vector>>)
  case 11 where capacity >= 11 * panels: run(zeros() as InlineArray<11, InlineArray<panels, Vector>>)
  case 12 where capacity >= 12 * panels: run(zeros() as InlineArray<12, InlineArray<panels, Vector>>)
  default: fatalError("Kernels: no block of \(rows) rows and \(panels) panels")
  }
}
