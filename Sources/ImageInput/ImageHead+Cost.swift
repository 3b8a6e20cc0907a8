extension ImageHead {
  /// Images for which a unit of `work` takes about the same time on one machine.
  package enum CostClass: String, Sendable, CaseIterable {
    case sequentialJPEG
    case shrunkSequentialJPEG
    case progressiveJPEG
    case shrunkProgressiveJPEG
    case png
    case interlacedPNG
    case lossyWebP
    case losslessWebP

    /// Milliseconds of one core for a stored megapixel, for a megapixel in each scan, and for a coded
    /// megabyte: measured on smooth, ordinary and noisy pictures of 6 megapixels, on a Xeon with AVX-512.
    var weights: (perMegapixel: Double, perScannedMegapixel: Double, perMegabyte: Double) {
      switch self {
      case .sequentialJPEG: (3.3, 0, 12.5)
      case .shrunkSequentialJPEG: (0.8, 0, 12.5)
      case .progressiveJPEG: (3.3, 0.6, 45)
      case .shrunkProgressiveJPEG: (0.8, 0.6, 45)
      case .png: (5, 0, 20)
      case .interlacedPNG: (9.4, 0, 20)
      case .lossyWebP: (7, 0, 85)
      case .losslessWebP: (6.5, 0, 16)
      }
    }
  }

  /// Seconds that a unit of `work` takes before anything was measured: twice what it took where the weights
  /// were.
  package static let initialSecondsPerWork = 0.002
  /// Milliseconds for a megapixel of output: its weights are made and applied.
  static let weightPerOutputMegapixel = 16.0

  /// The class whose seconds for each unit of `work` apply.
  package var costClass: CostClass {
    switch coding {
    case .sequentialJPEG: shrinkage == 1 ? .sequentialJPEG : .shrunkSequentialJPEG
    case .progressiveJPEG: shrinkage == 1 ? .progressiveJPEG : .shrunkProgressiveJPEG
    case .png: .png
    case .interlacedPNG: .interlacedPNG
    case .lossyWebP: .lossyWebP
    case .losslessWebP: .losslessWebP
    }
  }

  /// About the milliseconds that decoding takes; another machine multiplies each class's by a factor of its
  /// own, to be learnt.
  ///
  /// `pixels · (a + b · scans) + bytes · c + output · d`, in millions, of the class's weights: pixels are
  /// transformed, scans pass over them, bytes are entropy coded.
  package var work: Double {
    let weights = costClass.weights
    let perPixel = weights.perMegapixel + weights.perScannedMegapixel * Double(scanCount)
    return
      (Double(pixelCount) * perPixel + Double(codedByteCount) * weights.perMegabyte
      + Double(outputPixelCount) * Self.weightPerOutputMegapixel) / 1e6
  }
}
