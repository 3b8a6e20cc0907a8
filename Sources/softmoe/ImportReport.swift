import CheckpointImport
import Glibc

/// What an import found, what it was told, and what it assumed.
struct ImportReport {
  private var rows: [Decision]
  private let notes: [String]
  var warnings: [String] = []

  init(_ imported: CheckpointImport) {
    rows = imported.decisions
    var notes: [String] = []
    if let error = imported.probeError {
      notes.append(
        "the probe's answers: off by \(Self.short(error)) of the largest, found in \(imported.probePassCount) forward passes"
      )
    }
    if !imported.prefix.isEmpty { notes.append("before every name stands '\(imported.prefix)'") }
    if !imported.setAside.isEmpty {
      let names =
        imported.setAside.prefix(4).joined(separator: ", ") + (imported.setAside.count > 4 ? ", …" : "")
      notes.append("set aside, \(imported.setAside.count) tensors that are no part of the model: \(names)")
    }
    self.notes = notes
    for row in rows {
      warn(row)
      if row.setting == .router, row.origin == .probe, imported.probeImageCount == 1 {
        warnings.append("several routers may fit one image: give the probe four")
      }
      // A larger capacity changes nothing where all tokens find room; on other images it may.
      guard row.setting.isOfSparseRouter, !row.alsoFit.isEmpty else { continue }
      let values = [row.value] + row.alsoFit.map(\.value)
      warnings.append(
        "the probe's answers fit \(row.setting.rawValue) \(values.joined(separator: ", ")) alike; "
          + "\(row.value) is taken: give it more images, or --\(row.setting.rawValue)")
    }
  }

  mutating func add(_ setting: Setting, _ value: String, _ origin: Origin) {
    rows.append(Decision(setting: setting, value: value, origin: origin))
    warn(rows[rows.count - 1])
  }

  private mutating func warn(_ row: Decision) {
    // Where the norms stand is what a Vision Transformer is.
    guard row.origin == .assumed, ![.blockNorm, .finalNorm].contains(row.setting) else { return }
    warnings.append(
      "\(row.setting.rawValue) \(row.value) is assumed; change it with --\(row.setting.rawValue)")
  }

  /// A line a setting: its value, and where that comes from.
  var table: String {
    let width = rows.reduce(0) { max($0, $1.value.count) }
    let nameWidth = rows.reduce(12) { max($0, $1.setting.rawValue.count) }
    let lines = rows.map { row in
      "  " + Self.padded(row.setting.rawValue, to: nameWidth + 2) + Self.padded(row.value, to: width + 2)
        + Self.words(row) + Self.alternatives(row)
    }
    return (lines + notes.map { "  " + $0 }).joined(separator: "\n")
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  /// Two digits of a small number: 1.6e-6.
  private static func short(_ number: Float) -> String {
    guard number > 0, number.isFinite else { return "\(number)" }
    let exponent = log10(Double(number)).rounded(.down)
    return "\((Double(number) / pow(10, exponent) * 10).rounded() / 10)e\(Int(exponent))"
  }

  private static func alternatives(_ row: Decision) -> String {
    guard !row.alsoFit.isEmpty else { return "" }
    return "; as well " + (row.alsoFit.count > 1 ? "fit " : "fits ")
      + row.alsoFit.map { "\($0.value) (off by \(short($0.error)))" }.joined(separator: ", ")
  }

  private static func words(_ row: Decision) -> String {
    switch row.origin {
    case .tensors, .option, .probe: row.origin.description
    case .file, .architecture: "from \(row.origin)"
    case .assumed: "assumed, change with --\(row.setting.rawValue)"
    }
  }
}
