import ImageInput
import Testing

@Suite struct AxisWeightsTests {
  private let one = Int32(1) << Int32(AxisWeights.precision)

  @Test func unchangedLengthIsTheIdentity() {
    for filter in Preprocessing.Filter.allCases {
      let weights = AxisWeights(
        kernel: Preprocessing.Kernel(filter), extent: 9, samples: 9, resized: 9, kept: 2..<5)
      #expect(weights.starts == [2, 3, 4])
      #expect(weights.values == [[one], [one], [one]])
    }
  }

  @Test(arguments: [(1, 7), (7, 1), (63, 64), (65, 63), (1000, 3)])
  func weightsSumToOneAndStayInside(samples: Int, resized: Int) {
    for filter in Preprocessing.Filter.allCases {
      let weights = AxisWeights(
        kernel: Preprocessing.Kernel(filter), extent: Double(samples), samples: samples, resized: resized,
        kept: 0..<resized)
      #expect(weights.covered.lowerBound >= 0 && weights.covered.upperBound <= samples)
      for kernel in weights.values {
        let sum = kernel.reduce(0, +)
        #expect(abs(sum - one) <= Int32(kernel.count))
      }
    }
  }

  @Test func reversingTwiceChangesNothing() {
    let weights = AxisWeights(
      kernel: Preprocessing.Kernel(.bicubic), extent: 37, samples: 37, resized: 11, kept: 1..<9)
    #expect(weights.reversed(samples: 37).reversed(samples: 37) == weights)
    #expect(weights.reversed(samples: 37) != weights)
  }
}
