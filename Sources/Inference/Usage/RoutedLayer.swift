import SoftMoEViT

/// A layer with experts as its usage is counted: its place and its sizes.
package struct RoutedLayer: Sendable, Equatable {
  /// The block's index in the model, by which people name the layer.
  package let block: Int
  /// n.
  package let expertCount: Int
  /// p; slot e·p + j is expert e's j-th. A sparse router's expert has one.
  package let slotsPerExpert: Int
  /// m.
  package let tokenCount: Int
  /// Rows and columns of the patches; a class token comes before them.
  package let gridRows, gridColumns: Int
  /// Who decides which expert works on which tokens.
  package let router: RouterKind
  /// K of Tokens Choice: how many experts a token chooses. 0 for the others.
  package let selectedExperts: Int
  /// C of a sparse router: how many of an image's tokens an expert takes at most. A soft one's is p.
  package let capacity: Int

  /// All values, in the order of the properties.
  package init(
    block: Int, expertCount: Int, slotsPerExpert: Int, tokenCount: Int, gridRows: Int, gridColumns: Int,
    router: RouterKind = .soft, selectedExperts: Int = 0, capacity: Int? = nil
  ) {
    (self.block, self.expertCount, self.slotsPerExpert) = (block, expertCount, slotsPerExpert)
    (self.tokenCount, self.gridRows, self.gridColumns) = (tokenCount, gridRows, gridColumns)
    (self.router, self.selectedExperts) = (router, selectedExperts)
    self.capacity = capacity ?? slotsPerExpert
  }

  /// Whether tokens go to some experts as they are, instead of into slots.
  package var isSparse: Bool { router != .soft }

  /// s = n·p.
  package var slotCount: Int { expertCount * slotsPerExpert }

  /// An expert's slots.
  package func slots(of expert: Int) -> Range<Int> {
    expert * slotsPerExpert..<(expert + 1) * slotsPerExpert
  }

  /// The layers with experts of a model, none for a dense one.
  package static func all(of model: ModelConfiguration) -> [RoutedLayer] {
    guard let moe = model.moe else { return [] }
    return moe.layers.map { block in
      RoutedLayer(
        block: block, expertCount: moe.expertCount, slotsPerExpert: moe.slotsPerExpert,
        tokenCount: model.tokenCount, gridRows: model.imageHeight / model.patchSize,
        gridColumns: model.imageWidth / model.patchSize, router: moe.router,
        selectedExperts: moe.selectedExperts, capacity: moe.capacity(tokenCount: model.tokenCount))
    }
  }
}
