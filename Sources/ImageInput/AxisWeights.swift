/// The resize along one axis, for the outputs that survive the crop: `output[i] = Σₖ w[i,k] · input[start[i] + k]`.
///
/// Weights are fixed point with `AxisWeights.precision` fractional bits, as Pillow's are for 8-bit images.
package struct AxisWeights: Sendable, Equatable {
  /// 32 bits, less 8 for the sample, less 2 for the overshoot of negative lobes.
  package static let precision = 22

  package private(set) var starts: [Int] = []
  /// The weights of each output; at least one.
  package private(set) var values: [[Int32]] = []

  private init() {}

  /// - Parameters:
  ///   - extent: length of the axis in samples, possibly not whole after a decoder shrank it.
  ///   - samples: samples there are, `⌈extent⌉`.
  ///   - resized: outputs the whole axis is resized to.
  ///   - kept: the outputs wanted.
  /// - Cost: `kept.count · (6 · max(extent / resized, 1) + 2)` kernel values.
  package init(
    kernel interpolation: Preprocessing.Kernel, extent: Double, samples: Int, resized: Int, kept: Range<Int>
  ) {
    starts.reserveCapacity(kept.count)
    values.reserveCapacity(kept.count)
    let scale = extent / Double(resized)
    let filter = interpolation.filter
    let widening = interpolation.widening(scale: scale)
    let reach = filter.support * widening
    if filter == .nearest {
      appendNearest(scale: scale, samples: samples, kept: kept)
      return
    }
    for output in kept {
      let center = (Double(output) + 0.5) * scale
      // Both are near [0, extent], and an extent is a side of an image.
      let start = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), samples)
      var kernel: [Double] = []
      kernel.reserveCapacity(end - start)
      var sum = 0.0
      for sample in start..<end {
        let weight = filter.value(at: (Double(sample) - center + 0.5) * (1 / widening))
        kernel.append(weight)
        sum += weight
      }
      append(start: start, kernel: kernel.map { Self.fixed(sum == 0 ? $0 : $0 / sum) })
    }
  }

  /// The sample at each output's centre; centres are added up as Pillow adds them, which decides where one
  /// falls between two samples.
  private mutating func appendNearest(scale: Double, samples: Int, kept: Range<Int>) {
    var center = 0.5 * scale
    for output in 0..<kept.upperBound {
      if kept.contains(output) { append(start: min(Int(center), samples - 1), kernel: [Self.fixed(1)]) }
      center += scale
    }
  }

  /// The same outputs over an axis that runs the other way.
  package func reversed(samples: Int) -> AxisWeights {
    var mirrored = AxisWeights()
    for (start, kernel) in zip(starts, values) {
      mirrored.starts.append(samples - start - kernel.count)
      mirrored.values.append(kernel.reversed())
    }
    return mirrored
  }

  /// The inputs any output needs.
  package var covered: Range<Int> {
    let first = starts.min() ?? 0
    let last = zip(starts, values).map { $0 + $1.count }.max() ?? first
    return first..<last
  }

  /// Weights of 0 at either end are dropped: they change no sum, and cost reads.
  private mutating func append(start: Int, kernel: [Int32]) {
    let first = kernel.firstIndex { $0 != 0 } ?? 0
    let last = kernel.lastIndex { $0 != 0 } ?? 0
    starts.append(start + first)
    values.append(kernel.isEmpty ? [0] : Array(kernel[first...last]))
  }

  /// Rounds half away from zero. A kernel's sum is at least its value half a sample from the centre, less the
  /// lobes, so that no weight is beyond ±4: 2 bits of 32 are left.
  private static func fixed(_ weight: Double) -> Int32 {
    Int32(weight * Double(1 << precision) + (weight < 0 ? -0.5 : 0.5))
  }
}
