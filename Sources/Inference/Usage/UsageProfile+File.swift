import FoundationEssentials

/// Why a file is no profile that can be used.
package enum UsageProfileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// It can't be read.
  case unreadable
  /// It is something else.
  case malformed
  /// It was made with other weights or another model.
  case otherModel(found: String, expected: String)

  /// One line for the operator.
  package var description: String {
    switch self {
    case .unreadable: "can't read the usage profile"
    case .malformed: "not a usage profile; make it again with 'softmoe profile'"
    case .otherModel(let found, let expected):
      "the usage profile speaks of weights \(found), the checkpoint has \(expected); make it again with 'softmoe profile'"
    }
  }
}

extension UsageProfile {
  /// Where the profile of a checkpoint lies: beside it, as `NAME.profile.json`.
  package static func path(beside checkpoint: String) -> String {
    let stem = checkpoint.hasSuffix(".smoe") ? String(checkpoint.dropLast(5)) : checkpoint
    return stem + ".profile.json"
  }

  /// Reads the profile beside a checkpoint; nil where there is none.
  ///
  /// - Throws: `UsageProfileError` when the file is damaged or speaks of another model.
  package static func read(beside checkpoint: String, weights: String, layers: [RoutedLayer])
    throws(UsageProfileError) -> UsageProfile?
  {
    let path = path(beside: checkpoint)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { throw .unreadable }
    guard let profile = try? JSONDecoder().decode(UsageProfile.self, from: data), profile.isSound else {
      throw .malformed
    }
    guard profile.fits(weights: weights, layers: layers) else {
      throw .otherModel(found: profile.weights, expected: weights)
    }
    return profile
  }

  /// Writes it, or leaves what was there.
  package func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
  }

  /// Every layer's shares are shares.
  private var isSound: Bool {
    layers.allSatisfy { layer in
      layer.slotMass.allSatisfy { (0...1).contains($0) } && abs(layer.slotMass.reduce(0, +) - 1) < 1e-3
        && (0...1).contains(layer.divergenceLimit)
    }
  }
}
