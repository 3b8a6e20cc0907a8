/// What a batch of n images costs: `a·n + b` seconds, fitted while serving.
///
/// Reading the weights is b, computing an image is a. Least squares over the batches so far, each batch
/// counting a little less than the one after it.
package struct BatchCost: Sendable, Equatable {
  /// Seconds an image.
  package private(set) var perImage = 0.0
  /// Seconds a batch, however small.
  package private(set) var perBatch = 0.0
  /// The mean of |measured − predicted| / predicted.
  package private(set) var deviation = 0.0

  private var weight = 0.0
  private var (sumN, sumT, sumNN, sumNT) = (0.0, 0.0, 0.0, 0.0)
  private static let memory = 0.98

  package init() {}

  /// Learns from a batch.
  package mutating func observe(imageCount: Int, seconds: Double) {
    guard imageCount > 0, seconds > 0 else { return }
    let predicted = self.seconds(imageCount: imageCount, maxBatch: imageCount)
    // The first few batches make the line that later ones may deviate from.
    if weight > 3.5 { deviation += 0.05 * (abs(seconds - predicted) / predicted - deviation) }
    let n = Double(imageCount)
    for (sum, value) in [
      (\BatchCost.weight, 1), (\.sumN, n), (\.sumT, seconds), (\.sumNN, n * n), (\.sumNT, n * seconds),
    ] { self[keyPath: sum] = Self.memory * self[keyPath: sum] + value }
    fit()
  }

  /// Seconds for so many images in batches of `maxBatch`.
  package func seconds(imageCount: Int, maxBatch: Int) -> Double {
    perImage * Double(imageCount) + perBatch * Double((imageCount + maxBatch - 1) / maxBatch)
  }

  private mutating func fit() {
    let (meanN, meanT) = (sumN / weight, sumT / weight)
    let variance = sumNN / weight - meanN * meanN
    guard variance > 1e-3 * meanN * meanN else {
      // Batches of one size say nothing of the line's slope: the one known so far is kept, moved to fit.
      let known = perImage * meanN + perBatch
      let factor = known > 0 ? meanT / known : 0
      (perImage, perBatch) = known > 0 ? (perImage * factor, perBatch * factor) : (meanT / meanN, 0)
      return
    }
    let slope = (sumNT / weight - meanN * meanT) / variance
    // Neither reading nor computing takes less than no time.
    perImage = min(max(0, slope), meanT / meanN)
    perBatch = meanT - perImage * meanN
  }
}
