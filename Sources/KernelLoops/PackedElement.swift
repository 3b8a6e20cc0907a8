import KernelInterface

/// How the words of a packed panel become Floats.
///
/// A word belongs to one column and holds as many of its elements as fit, for consecutive k, the first in
/// the lowest bits: a shift or a mask brings sixteen columns' elements to light at once.
protocol PackedElement {
  /// Elements in a word.
  static var depth: Int { get }
  /// Whether the columns' scales follow a panel's words; they apply to finished sums.
  static var isScaled: Bool { get }
  /// The same as Floats.
  associatedtype Widened: PackedElement
  /// Sixteen words' elements number `step`.
  static func expand(_ words: Bits, _ step: Int) -> Vector
}

extension PackedElement {
  @inline(__always) static var isScaled: Bool { false }
}

enum Float32Element: PackedElement {
  typealias Widened = Self
  @inline(__always) static var depth: Int { 1 }

  @inline(__always)
  static func expand(_ words: Bits, _ step: Int) -> Vector { floats(words) }
}

/// Widened int8: the scales still follow.
enum ScaledFloat32Element: PackedElement {
  typealias Widened = Self
  @inline(__always) static var depth: Int { 1 }
  @inline(__always) static var isScaled: Bool { true }

  @inline(__always)
  static func expand(_ words: Bits, _ step: Int) -> Vector { floats(words) }
}

/// The upper half of a binary32.
enum BFloat16Element: PackedElement {
  typealias Widened = Float32Element
  @inline(__always) static var depth: Int { 2 }

  @inline(__always)
  static func expand(_ words: Bits, _ step: Int) -> Vector {
    floats(step == 0 ? words &<< 16 : words & 0xFFFF_0000)
  }
}

/// Exponent and fraction moved into a Float's places are the value times 2^-112, subnormals included.
enum Float16Element: PackedElement {
  typealias Widened = Float32Element
  @inline(__always) static var depth: Int { 2 }

  @inline(__always)
  static func expand(_ words: Bits, _ step: Int) -> Vector {
    let half = step == 0 ? words &<< 16 : words & 0xFFFF_0000
    let scale = Float(bitPattern: (112 + 127) << 23)
    var magnitude = bits(floats((half & 0x7FFF_0000) &>> 3) * scale)
    magnitude.replace(with: magnitude | 0x7F80_0000, where: half & 0x7C00_0000 .== 0x7C00_0000)
    return floats(magnitude | half & 0x8000_0000)
  }
}

/// −127…127; the column's scale is applied to the finished sum.
enum Int8Element: PackedElement {
  typealias Widened = ScaledFloat32Element
  @inline(__always) static var depth: Int { 4 }
  @inline(__always) static var isScaled: Bool { true }

  @inline(__always)
  static func expand(_ words: Bits, _ step: Int) -> Vector {
    let top = unsafeBitCast(words &<< UInt32(24 - 8 * step), to: SIMD16<Int32>.self)
    // 1.5·2²³ + x has x in its low bits: an addition of integers makes the Float.
    let shifted = unsafeBitCast((top &>> 24) &+ 0x4B40_0000, to: Vector.self)
    return shifted - 12_582_912
  }
}
