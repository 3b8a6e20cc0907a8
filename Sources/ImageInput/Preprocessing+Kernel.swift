extension Preprocessing.Filter {
  /// Half the kernel's width, in samples, before it is widened.
  var support: Double {
    switch self {
    case .bilinear: 1
    case .bicubic: 2
    }
  }

  /// The most of `samples` that one of `resized` outputs is made of.
  func tapCount(samples: Int, resized: Int) -> Int {
    // A side of 2³¹ made 1 is four times that: far from the end of Int.
    min(samples, Int(2 * support * max(Double(samples) / Double(resized), 1)) + 2)
  }

  /// The kernel at a distance of `x` samples.
  ///
  /// Bilinear: `1 − |x|`. Bicubic is Keys' cubic convolution with a = −½:
  /// `(a+2)|x|³ − (a+3)|x|² + 1` up to 1, then `a(|x|³ − 5|x|² + 8|x| − 4)` up to 2.
  func value(at x: Double) -> Double {
    let distance = abs(x)
    guard distance < support else { return 0 }
    switch self {
    case .bilinear:
      return 1 - distance
    case .bicubic:
      let a = -0.5
      if distance < 1 { return ((a + 2) * distance - (a + 3)) * distance * distance + 1 }
      return (((distance - 5) * distance + 8) * distance - 4) * a
    }
  }
}
