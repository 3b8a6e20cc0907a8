#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Preprocessing {
  /// The interpolation along one axis: a kernel, and whether it is widened where the axis shrinks.
  package struct Kernel: Sendable, Equatable {
    package let filter: Filter
    package let antialias: Bool

    package init(_ filter: Filter, antialias: Bool = true) {
      (self.filter, self.antialias) = (filter, antialias)
    }

    /// What distances are divided by, when `scale` samples become one.
    func widening(scale: Double) -> Double { antialias && filter != .nearest ? max(scale, 1) : 1 }

    /// The most of `samples` that one of `resized` outputs is made of.
    func tapCount(samples: Int, resized: Int) -> Int {
      // A side of 2³¹ made 1 is six times that: far from the end of Int.
      min(samples, Int(2 * filter.support * widening(scale: Double(samples) / Double(resized))) + 2)
    }
  }

  package var kernel: Kernel { Kernel(filter, antialias: antialias) }
}

extension Preprocessing.Filter {
  /// Half the kernel's width, in samples, before it is widened.
  var support: Double {
    switch self {
    case .nearest, .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The kernel at a distance of `x` samples.
  ///
  /// Box: 1 for −½ < x ≤ ½. Bilinear: `1 − |x|`. Hamming: `sinc(x)(0.54 + 0.46 cos πx)`. Bicubic is Keys'
  /// cubic convolution with a = −½: `(a+2)|x|³ − (a+3)|x|² + 1` up to 1, then
  /// `a(|x|³ − 5|x|² + 8|x| − 4)` up to 2. Lanczos: `sinc(x) sinc(x/3)` up to 3.
  func value(at x: Double) -> Double {
    let distance = abs(x)
    switch self {
    case .nearest, .box:
      return x > -0.5 && x <= 0.5 ? 1 : 0
    case .bilinear:
      return max(1 - distance, 0)
    case .hamming:
      if distance == 0 { return 1 }
      return distance < 1 ? Self.sinc(distance) * (0.54 + 0.46 * cos(distance * .pi)) : 0
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      return distance < 2 ? (((distance - 5) * distance + 8) * distance - 4) * a : 0
    case .lanczos:
      return x >= -3 && x < 3 ? Self.sinc(x) * Self.sinc(x / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double { x == 0 ? 1 : sin(x * .pi) / (x * .pi) }
}
