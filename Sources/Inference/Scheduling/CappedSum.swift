/// `Σ min(xᵢ, limit)` over many positive numbers, for any limit, without looking at each: what others may take while
/// one request has its turns.
///
/// The numbers are kept by their powers of two. Those below the limit's own power count whole and those above it count
/// as the limit; among the ones of its power the sum is estimated by the smaller of both, which is never too low, and
/// exact where they are all on one side of the limit.
package struct CappedSum: Sendable {
  private var bins: [Int: (count: Int, sum: Double)] = [:]

  package init() {}

  /// Replaces one of the numbers by another; 0 is none.
  package mutating func replace(_ old: Double, by new: Double) {
    if old > 0, let bin = bins[Int(old.exponent)] {
      bins[Int(old.exponent)] = bin.count > 1 ? (bin.count - 1, bin.sum - old) : nil
    }
    if new > 0 {
      let bin = bins[Int(new.exponent)] ?? (0, 0)
      bins[Int(new.exponent)] = (bin.count + 1, bin.sum + new)
    }
  }

  /// `Σ min(xᵢ, limit)`.
  package func total(upTo limit: Double) -> Double {
    guard limit > 0 else { return 0 }
    let exponent = Int(limit.exponent)
    return bins.reduce(0) { total, bin in
      let capped = Double(bin.value.count) * limit
      return total
        + (bin.key < exponent ? bin.value.sum : bin.key > exponent ? capped : min(bin.value.sum, capped))
    }
  }
}
