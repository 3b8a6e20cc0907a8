import Foundation
import Inference
import Testing

@Suite struct UsageProfileTests {
  /// Expected: the square of SciPy's `jensenshannon(p, q, base=2)`.
  @Test(arguments: [
    ([0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25], 0.0402015823461419),
    ([0.1, 0.2, 0.3, 0.4], [0.7, 0.1, 0.1, 0.1], 0.3020921989983209),
    ([1.0, 0, 0, 0], [0.0, 0, 0.5, 0.5], 1.0),
    ([1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], 0.5487949406953986),
    ([0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4], 0.0),
  ])
  func divergenceIsSciPys(_ p: [Double], _ q: [Double], _ expected: Double) {
    #expect(abs(jensenShannonDivergence(p, q) - expected) < 1e-12)
    #expect(abs(jensenShannonDivergence(q, p) - expected) < 1e-12)
  }

  /// Of three chunks, each of images that are alike.
  private func profile(weights: String = "ab") -> UsageProfile {
    var chunks = UsageChunks(of: [layer])
    for mass in [[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.1, 0.4], [0.2, 0.2, 0.2, 0.4]] as [[Float]] {
      for _ in 0..<UsageChunks.size { chunks.add([routing(mass)]) }
    }
    return UsageProfile(weights: weights, layers: [layer], chunks: chunks)
  }

  @Test func limitIsFiveTimesTheMeanDivergenceFromTheOthers() {
    let profile = profile()
    #expect(profile.imageCount == 192 && profile.layers.map(\.layer) == [5])
    for (found, expected) in zip(profile.layers[0].slotMass, [0.2, 0.2, 0.2, 0.4]) {
      #expect(abs(found - expected) < 1e-7)
    }
    let divergences = [
      jensenShannonDivergence([0.1, 0.2, 0.3, 0.4], [0.25, 0.2, 0.15, 0.4]),
      jensenShannonDivergence([0.3, 0.2, 0.1, 0.4], [0.15, 0.2, 0.25, 0.4]), 0,
    ]
    #expect(abs(profile.layers[0].divergenceLimit - 5 * divergences.reduce(0, +) / 3) < 1e-7)
  }

  /// Windows of images that come as the profile's do stay below the limit; those of another kind do not.
  @Test func chanceStaysBelowTheLimitAndAnotherKindDoesNot() throws {
    var state: UInt32 = 7
    func mass(shift: Float) -> [Float] {
      state = state &* 1_664_525 &+ 1_013_904_223
      let noise = Float(state >> 8) / 0x1p24 * 0.2 - 0.1 + shift
      return [0.25 + noise, 0.25 - noise, 0.25, 0.25]
    }
    func window(shift: Float) throws -> LayerUsage {
      var totals = UsageTotals(for: [layer])
      for _ in 0..<UsageChunks.size { totals.add([routing(mass(shift: shift))]) }
      return try #require(totals.usage(of: [layer]).first)
    }
    var chunks = UsageChunks(of: [layer])
    for _ in 0..<2000 { chunks.add([routing(mass(shift: 0))]) }
    let profile = UsageProfile(weights: "ab", layers: [layer], chunks: chunks)
    let limit = profile.layers[0].divergenceLimit
    let alike = try (0..<200).filter { _ in try profile.divergence(of: window(shift: 0), at: 0) > limit }
    // One direction alone, the worst case: five times the mean is 2.2 standard deviations.
    #expect(alike.count <= 12)
    let other = try (0..<200).filter { _ in try profile.divergence(of: window(shift: 0.05), at: 0) > limit }
    #expect(other.count == 200)
  }

  @Test func isReadBackFromBesideItsCheckpoint() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "profile-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let checkpoint = folder.appending(path: "my.smoe").path
    let path = UsageProfile.path(beside: checkpoint)
    #expect(path.hasSuffix("/my.profile.json"))
    func read(weights: String = "ab") throws -> UsageProfile? {
      try UsageProfile.read(beside: checkpoint, weights: weights, layers: [layer])
    }
    #expect(try read() == nil)
    try profile().write(to: path)
    #expect(try read() == profile())
    #expect(throws: UsageProfileError.otherModel(found: "ab", expected: "cd")) { try read(weights: "cd") }
    for damage in [
      "", "{}",
      #"{"version":1,"weights":"ab","images":1,"layers":[{"layer":5,"slot_mass":[9,-8,0,0],"divergence_limit":0}]}"#,
    ] {
      try Data(damage.utf8).write(to: URL(filePath: path))
      #expect(throws: UsageProfileError.malformed) { try read() }
    }
  }
}
