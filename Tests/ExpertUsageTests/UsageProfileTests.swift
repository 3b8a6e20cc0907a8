import ExpertUsage
import Foundation
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

  private func profile(weights: String = "ab") -> UsageProfile {
    let chunks = [[0.1, 0.2, 0.3, 0.4], [0.3, 0.2, 0.1, 0.4]].map { (mass: [Float]) in
      var totals = UsageTotals(for: [layer])
      totals.add([routing(mass)])
      return totals
    }
    return UsageProfile(weights: weights, layers: [layer], chunks: chunks)
  }

  @Test func limitIsTheFarthestPart() {
    let profile = profile()
    #expect(profile.imageCount == 2 && profile.layers.map(\.layer) == [5])
    let expected = jensenShannonDivergence([0.1, 0.2, 0.3, 0.4], [0.2, 0.2, 0.2, 0.4])
    #expect(abs(profile.layers[0].divergenceLimit - expected) < 1e-6)
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
