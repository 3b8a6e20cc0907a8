import Foundation
import TestSupport
import Testing

/// `synthesize`, then `bench`.
@Suite struct BenchCommandTests {
  private func withModel(_ options: [String] = [], _ body: (String) throws -> Void) throws {
    try withTemporaryFile("ti.smoe") { path in
      try Command.succeed(
        ["synthesize", "--variant", "Ti/16", "--image", "32", "--classes", "10", "--output", path] + options)
      try body(path)
    }
  }

  @Test func aVariantHasThePapersSizes() throws {
    try withModel(["--experts", "4", "--slots", "2", "--dtype", "int8"]) { path in
      #expect(try Command.succeed(["verify", path]).contains("sound"))
      let json = Data(try Command.succeed(["inspect", path, "--json"]).utf8)
      let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
      let configuration = try #require(object["configuration"] as? [String: Any])
      #expect(configuration["width"] as? Int == 192 && configuration["head_count"] as? Int == 3)
      let moe = try #require(configuration["moe"] as? [String: Any])
      #expect(moe["layers"] as? [Int] == [6, 7, 8, 9, 10, 11] && moe["slots_per_expert"] as? Int == 2)
    }
  }

  @Test(arguments: ["simd", "openblas"]) func benchMeasuresEachBatchSize(_ kernels: String) throws {
    try withModel(["--experts", "0"]) { path in
      let output = try Command.succeed([
        "bench", path, "--batches", "1,3", "--seconds", "0.01", "--kernels", kernels, "--json", "--profile",
        "--usage",
        "--chart", path + ".svg",
      ])
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any])
      #expect((object["kernels"] as? String)?.hasPrefix(kernels) == true)
      let runs = try #require(object["runs"] as? [[String: Any]])
      #expect(runs.map { $0["batch"] as? Int } == [1, 3])
      for run in runs {
        #expect((run["seconds"] as? Double ?? 0) > 0 && (run["roofline_seconds"] as? Double ?? 0) > 0)
        let usage = try #require(run["usage"] as? [String: Double])
        #expect(usage["seconds"] ?? 0 > 0 && usage["seconds_without"] ?? 0 > 0)
        #expect((run["profile"] as? [String: Double])?["attention"] ?? 0 > 0)
      }
      let chart = try String(contentsOfFile: path + ".svg", encoding: .utf8)
      #expect(chart.hasPrefix("<svg") && chart.contains("polyline"))
    }
  }

  @Test func whatCannotBeIsRefused() throws {
    #expect(try Command.run("synthesize", "--variant", "XXL/16", "--output", "/nowhere").status != 0)
    try withModel { path in
      let outcome = try Command.run("bench", path, "--batches", "1,zero")
      #expect(outcome.status != 0 && outcome.errors.contains("--batches: expected numbers"))
    }
  }
}
