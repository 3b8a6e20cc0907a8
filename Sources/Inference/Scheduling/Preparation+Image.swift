import ImageInput

extension Preparation {
  /// What decoding an image of this head takes.
  init(_ head: ImageHead) {
    self.init(
      PreparationKind(head.costClass.rawValue, guess: ImageHead.initialSecondsPerWork), work: head.work,
      byteCount: head.decodingByteCount)
  }

  /// Reading a request: a form's parts, or numbers in JSON.
  ///
  /// - Parameters:
  ///   - byteCount: of the body.
  ///   - amplification: bytes held for each of the body's at most.
  package static func reading(byteCount: Int, amplification: Int) -> Preparation {
    Preparation(
      PreparationKind("reading \(amplification)", guess: amplification > 0 ? 1e-7 : 1e-9),
      work: Double(byteCount), byteCount: amplification * byteCount)
  }

  /// Writing or drawing what explains an answer.
  package static let explaining = Preparation(
    PreparationKind("explaining", guess: 0.01), work: 1, byteCount: 4 << 20)
}
