import Inference
import SoftMoEViT

/// 2 experts of 2 slots, a class token and 2 × 3 patches.
let layer = RoutedLayer(
  block: 5, expertCount: 2, slotsPerExpert: 2, tokenCount: 7, gridRows: 2, gridColumns: 3)

func routing(_ mass: [Float], contribution: [Float] = [1, 1, 1, 1, 1, 1, 1]) -> LayerRouting {
  LayerRouting(
    slotMass: mass, effectiveTokens: [1, 2, 3, 4], largestDispatch: [0.5, 0.25, 0.125, 1],
    tokenContribution: contribution)
}
