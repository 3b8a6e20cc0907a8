import Kernels

/// Who watches the routing of a forward pass: summaries of each image, the whole weights, or both.
///
/// Without one nothing is computed for it and no memory is held.
public protocol RoutingObserver: AnyObject {
  /// Where each image's summary of each layer goes; nil for nowhere.
  var summaries: RoutingSummaries? { get }

  /// A layer has routed: until this returns, the workspace has its dispatch and combine weights.
  ///
  /// - Parameter layer: which of the mixtures of experts, counted from 0.
  func observe(layer: Int, _ workspace: borrowing Workspace)
}

/// What one mixture of experts did with one image.
///
/// A sparse router's experts have one column each: its mass is the expert's share of the gates of all pairs that
/// meet, effective tokens are those that it took, and the largest dispatch is its largest gate.
public struct LayerRouting: Sendable, Equatable {
  /// [s]: each slot's share of what the tokens get back; sums to 1. Slot e·p + j is expert e's j-th.
  public let slotMass: [Float]
  /// [s]: on how many tokens each slot's dispatch weight rests, between 1 and m.
  public let effectiveTokens: [Float]
  /// [s]: the largest of each slot's dispatch weights, between 1/m and 1.
  public let largestDispatch: [Float]
  /// [m]: Σ of each token's dispatch weights, over the mean token's, s/m; their mean is 1.
  public let tokenContribution: [Float]
  /// [n] of a sparse router, empty of a soft one: how many tokens chose each expert, whether or not it took them.
  public let demand: [Float]
  /// [n] of a sparse router, empty of a soft one: how many of the tokens that each took have it as first choice.
  public let firstChoices: [Float]

  /// All values, in the order of the properties.
  public init(
    slotMass: [Float], effectiveTokens: [Float], largestDispatch: [Float], tokenContribution: [Float],
    demand: [Float] = [], firstChoices: [Float] = []
  ) {
    (self.slotMass, self.effectiveTokens) = (slotMass, effectiveTokens)
    (self.largestDispatch, self.tokenContribution) = (largestDispatch, tokenContribution)
    (self.demand, self.firstChoices) = (demand, firstChoices)
  }

  /// Whether every value is a number and none is infinite.
  public var isFinite: Bool {
    [slotMass, effectiveTokens, largestDispatch, tokenContribution].allSatisfy { $0.allSatisfy(\.isFinite) }
  }
}

/// What the mixtures of experts did with the images of the last forward pass that it watched.
///
/// Allocated once; routers write into it, in parallel. Axes: l layers, b images, s slots, m tokens.
public final class RoutingSummaries: RoutingObserver {
  /// Rows of a layer.
  let maxImageCount: Int
  /// [l·b, s].
  var slotMass, effectiveTokens, largestDispatch: Matrix
  /// [l·b, n], of a sparse router.
  var demand, firstChoices: Matrix
  /// [l·b, m].
  var tokenContribution: Matrix

  /// Room for a workspace's images; a dense model needs none.
  ///
  /// - Throws: `MachineError.memory`.
  public init(for configuration: ModelConfiguration, maxImageCount: Int) throws(MachineError) {
    self.maxImageCount = maxImageCount
    let rows = configuration.moeLayers.count * maxImageCount
    let s = configuration.moe?.slotCount ?? 0
    slotMass = try Matrix(rows: rows, columns: s)
    effectiveTokens = try Matrix(rows: rows, columns: s)
    largestDispatch = try Matrix(rows: rows, columns: s)
    tokenContribution = try Matrix(rows: rows, columns: configuration.tokenCount)
    let isSparse = configuration.moe.map { $0.router != .soft } ?? false
    demand = try Matrix(rows: isSparse ? rows : 0, columns: s)
    firstChoices = try Matrix(rows: isSparse ? rows : 0, columns: s)
  }

  /// Itself.
  public var summaries: RoutingSummaries? { self }

  /// Nothing: the router has written already.
  public func observe(layer: Int, _ workspace: borrowing Workspace) {}

  /// What a layer did with an image; a copy.
  public func routing(of image: Int, layer: Int) -> LayerRouting {
    let row = layer * maxImageCount + image
    return LayerRouting(
      slotMass: slotMass.row(row), effectiveTokens: effectiveTokens.row(row),
      largestDispatch: largestDispatch.row(row), tokenContribution: tokenContribution.row(row),
      demand: demand.rowCount == 0 ? [] : demand.row(row),
      firstChoices: firstChoices.rowCount == 0 ? [] : firstChoices.row(row))
  }

  /// Bytes held.
  public var byteCount: Int {
    slotMass.byteCount + effectiveTokens.byteCount + largestDispatch.byteCount + tokenContribution.byteCount
      + demand.byteCount + firstChoices.byteCount
  }
}
