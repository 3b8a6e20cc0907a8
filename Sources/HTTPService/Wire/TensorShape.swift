/// A tensor's dimensions, each at least 1, whose product fits Int.
package struct TensorShape: Sendable, Equatable {
  /// From the outermost in.
  package let dimensions: [Int]
  /// Their product: how many elements the tensor has.
  package let count: Int

  /// nil for a dimension below 1, and for a product beyond Int.
  package init?(_ dimensions: [Int]) {
    var count = 1
    for dimension in dimensions {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard dimension > 0, !overflows else { return nil }
      count = product
    }
    self.dimensions = dimensions
    self.count = count
  }
}
