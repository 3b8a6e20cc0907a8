import Glibc

/// A bar on standard error while something takes long; nothing where that is no terminal.
struct ProgressBar {
  private static let width = 40
  private let title: String
  private let isShown = isatty(STDERR_FILENO) == 1

  init(_ title: String) { self.title = title }

  /// Draws a share of the whole, 0…1, over what was drawn before.
  func show(_ share: Double) {
    guard isShown else { return }
    let full = Int(Double(Self.width) * min(1, share))
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: Self.width - full)
    put("\r\(title) \(bar) \(Int(100 * min(1, share))) %")
  }

  /// Takes the bar away.
  func clear() {
    if isShown { put("\r\u{1B}[K") }
  }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
  }
}
