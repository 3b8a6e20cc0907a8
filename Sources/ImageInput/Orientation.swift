/// How a stored image is turned to be seen upright: EXIF's values 1 to 8.
///
/// Upright pixel (x, y) is the stored pixel whose column comes from x and row from y, or the other way
/// round when `isTransposed`; each upright axis may run against the stored axis it comes from.
package enum Orientation: Int, Sendable, CaseIterable {
  case upright = 1
  case mirrored
  case halfTurn
  case flipped
  case transposed
  case quarterTurn
  case transverse
  case threeQuarterTurn

  /// Upright columns are stored rows.
  package var isTransposed: Bool { rawValue >= 5 }

  /// Upright x runs against its stored axis.
  package var reversesX: Bool {
    switch self {
    case .mirrored, .halfTurn, .quarterTurn, .transverse: true
    case .upright, .flipped, .transposed, .threeQuarterTurn: false
    }
  }

  /// Upright y runs against its stored axis.
  package var reversesY: Bool {
    switch self {
    case .halfTurn, .flipped, .transverse, .threeQuarterTurn: true
    case .upright, .mirrored, .transposed, .quarterTurn: false
    }
  }
}
