extension ImageHead {
  /// Images whose decoding takes about the same time for each unit of `work`.
  package enum CostClass: String, Sendable, CaseIterable {
    case sequentialJPEG
    case shrunkSequentialJPEG
    case progressiveJPEG
    case shrunkProgressiveJPEG
    case png
    case interlacedPNG
    case lossyWebP
    case losslessWebP

    /// What one unit of `work` takes before anything was measured: twice the longest of a few photographs
    /// on one core of a server of 2023, in seconds.
    package var initialSecondsPerWork: Double {
      switch self {
      case .sequentialJPEG: 0.02
      case .shrunkSequentialJPEG: 0.01
      case .progressiveJPEG: 0.01
      case .shrunkProgressiveJPEG: 0.01
      case .png: 0.03
      case .interlacedPNG: 0.03
      case .lossyWebP: 0.03
      case .losslessWebP: 0.03
      }
    }
  }

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

  /// Megapixels that decoding passes over: the stored ones once for each scan, and the output's.
  package var work: Double { (Double(pixelCount) * Double(scanCount) + Double(outputPixelCount)) / 1e6 }
}
