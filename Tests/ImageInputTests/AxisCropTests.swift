import ImageInput
import Testing

@Suite struct AxisCropTests {
  /// Python's `round((resized − crop) / 2)`: halves go to the even neighbour.
  @Test(arguments: [(10, 7, 2), (10, 9, 0), (12, 9, 2), (16, 9, 4), (341, 224, 58), (256, 224, 16)])
  func offsetRoundsHalfToEven(resized: Int, crop: Int, start: Int) {
    let axis = AxisCrop(resized: resized, crop: crop)
    #expect(axis.kept == start..<(start + crop))
    #expect(axis.padding == 0)
  }

  @Test func shortAxisIsPadded() {
    let axis = AxisCrop(resized: 4, crop: 9)
    #expect(axis.kept == 0..<4)
    #expect(axis.padding == 2)
  }
}
