import SoftMoEViT

/// Totals of some images at a time, in the order in which they come: how far chance alone takes so few of
/// them from all.
public struct UsageChunks: Sendable {
  /// Images in each, but for the last, which has those that are left over too.
  public static let size = 64
  /// What makes two chunks.
  public static let leastImageCount = 2 * size

  private let nothing: UsageTotals
  private var full: [UsageTotals] = []
  private var rest: UsageTotals

  /// None yet.
  public init(of layers: [RoutedLayer]) {
    nothing = UsageTotals(for: layers)
    rest = nothing
  }

  /// Counts an image in.
  public mutating func add(_ image: [LayerRouting]) {
    rest.add(image)
    guard rest.imageCount == Self.size else { return }
    full.append(rest)
    rest = nothing
  }

  /// Every chunk; fewer images than `size` are one.
  public var all: [UsageTotals] {
    var last = full.last ?? nothing
    last.add(rest)
    return full.dropLast() + [last]
  }
}
