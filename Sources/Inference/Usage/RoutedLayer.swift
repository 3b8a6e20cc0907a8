import SoftMoEViT

/// A layer with experts as its usage is counted: its place and its sizes.
package struct RoutedLayer: Sendable, Equatable {
  /// The block's index in the model, by which people name the layer.
  package let block: Int
  /// n.
  package let expertCount: Int
  /// p; slot e·p + j is expert e's j-th.
  package let slotsPerExpert: Int
  /// m.
  package let tokenCount: Int
  /// Rows and columns of the patches; a class token comes before them.
  package let gridRows, gridColumns: Int

  /// All values, in the order of the properties.
  package init(
    block: Int, expertCount: Int, slotsPerExpert: Int, tokenCount: Int, gridRows: Int, gridColumns: Int
  ) {
    (self.block, self.expertCount, self.slotsPerExpert) = (block, expertCount, slotsPerExpert)
    (self.tokenCount, self.gridRows, self.gridColumns) = (tokenCount, gridRows, gridColumns)
  }

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
        gridColumns: model.imageWidth / model.patchSize)
    }
  }
}
