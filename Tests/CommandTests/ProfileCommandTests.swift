import Foundation
import TestSupport
import Testing

/// `softmoe profile`, and `serve` that reads what it wrote.
@Suite struct ProfileCommandTests {
  /// The bundled model in a folder of its own, where no profile lies.
  private func withModel(_ body: (String) throws -> Void) throws {
    try withTemporaryFile("my.smoe") { path in
      try FileManager.default.createSymbolicLink(
        atPath: path, withDestinationPath: ImageFixtures.model)
      try body(path)
    }
  }

  private func metrics(_ server: ServeProcess) throws -> String {
    try server.waitUntilReady()
    let image = [UInt8](try Data(contentsOf: ImageFixtures.files[0]))
    #expect(try TestClient(port: server.port).request("POST", "/classify", body: image).status == 200)
    return try TestClient(port: server.adminPort).request("GET", "/metrics").text
  }

  private static let divergence = "softmoe_routing_divergence{layer=\"3\"}"

  @Test func serveComparesWithWhatProfileWrote() throws {
    try withModel { model in
      try ImageFixtures.withFolder((0..<130).map { "\($0 % 3)/\($0).jpg" }) { folder in
        let output = try Command.succeed(["profile", model, "--images", folder])
        #expect(
          output.contains("my.profile.json: 130 images, weights ") && output.contains("divergence limit"))
      }
      let server = try ServeProcess(["--model", model])
      #expect(try metrics(server).contains(Self.divergence))
      #expect(!server.logged.contains("usage profile"))
    }
  }

  @Test func serveWarnsOfAnothersProfile() throws {
    try withModel { model in
      let path = model.replacingOccurrences(of: ".smoe", with: ".profile.json")
      let share = Array(repeating: "0.015625", count: 64).joined(separator: ",")
      let layers = (3...5).map { "{\"layer\":\($0),\"slot_mass\":[\(share)],\"divergence_limit\":0.1}" }
      let profile =
        "{\"version\":1,\"weights\":\"0123456789abcdef\",\"images\":200,\"layers\":[\(layers.joined(separator: ","))]}"
      try Data(profile.utf8).write(to: URL(filePath: path))
      let server = try ServeProcess(["--model", model])
      #expect(try !metrics(server).contains(Self.divergence))
      #expect(server.logged.contains("the usage profile speaks of weights 0123456789abcdef"))
    }
  }

  @Test func theBundledModelHasItsOwn() throws {
    let server = try ServeProcess()
    #expect(try metrics(server).contains(Self.divergence))
    #expect(!server.logged.contains("usage profile"))
  }

  @Test func tooFewImagesAreRefused() throws {
    try ImageFixtures.withFolder((0..<128).map { "\($0).jpg" }) { folder in
      try Data("no image".utf8).write(to: URL(filePath: folder + "/5.jpg"))
      let output = folder + "/out.json"
      let outcome = try Command.run("profile", ImageFixtures.model, "--images", folder, "--output", output)
      #expect(outcome.status == 1 && outcome.errors.contains("\(folder)/5.jpg: "))
      #expect(
        outcome.errors.contains("expected at least 128 JPEG, PNG or WebP images in '\(folder)', found 127"))
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }
}
