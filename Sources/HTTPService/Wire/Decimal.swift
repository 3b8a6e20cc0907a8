extension Int {
  /// The number that `text` is in decimal digits alone, without the sign that `Int(_:)` takes; nil for other text,
  /// and for a number beyond Int.
  package init?(decimal text: some StringProtocol) {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.init(text)
  }
}
