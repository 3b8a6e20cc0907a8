import Inference
import Testing

@Suite struct UsageChunksTests {
  @Test(arguments: [
    (0, [0]), (1, [1]), (64, [64]), (100, [100]), (127, [127]), (128, [64, 64]), (191, [64, 127]),
    (192, [64, 64, 64]),
  ])
  func theLastChunkHasWhatIsLeftOver(_ imageCount: Int, _ expected: [Int]) {
    var chunks = UsageChunks(of: [layer])
    for _ in 0..<imageCount { chunks.add([routing([0.1, 0.2, 0.3, 0.4])]) }
    #expect(chunks.all.map(\.imageCount) == expected)
  }
}
