import SoftMoEViT

/// Totals of some images at a time, in the order in which they come: how far chance alone takes so few of
/// them from all.
package struct UsageChunks: Sendable {
  /// Images in each, but for the last, which has those that are left over too.
  package static let size = 64
  /// What makes two chunks.
  package static let leastImageCount = 2 * size

  private let nothing: UsageTotals
  private var full: [UsageTotals] = []
  private var rest: UsageTotals

  /// None yet.
  package init(of layers: [RoutedLayer]) {
    nothing = UsageTotals(for: layers)
    rest = nothing
  }

  /// Counts an image in.
  package mutating func add(_ image: [LayerRouting]) {
    rest.add(image)
    guard rest.imageCount == Self.size else { return }
    full.append(rest)
    rest = nothing
  }

  /// Every chunk; fewer images than `size` are one.
  package var all: [UsageTotals] {
    var last = full.last ?? nothing
    last.add(rest)
    return full.dropLast() + [last]
  }
}
