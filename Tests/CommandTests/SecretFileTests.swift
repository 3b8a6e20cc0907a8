import Foundation
import TestSupport
import Testing
import softmoe

/// Files of keys that others may write or read are warned of.
@Suite struct SecretFileTests {
  @Test(arguments: [0o600, 0o400, 0o640, 0o440]) func aFileOfTheUserAloneIsFine(_ mode: mode_t) {
    #expect(SecretFile.problems(mode: mode, owner: 1000, user: 1000).isEmpty)
    #expect(SecretFile.problems(mode: mode, owner: 0, user: 1000).isEmpty)
  }

  @Test(arguments: [
    (0o620, "may be written by its group;"), (0o602, "may be written by everybody;"),
    (0o622, "may be written by its group and everybody;"), (0o604, "may be read by everybody;"),
  ])
  func othersAreNamed(_ mode: mode_t, _ words: String) {
    let problems = SecretFile.problems(mode: mode, owner: 1000, user: 1000)
    #expect(problems.count == 1 && problems[0].contains(words), "\(problems)")
  }

  @Test func anotherUsersFileIsHis() {
    let problems = SecretFile.problems(mode: 0o600, owner: 1001, user: 1000)
    #expect(problems.count == 1 && problems[0].contains("belongs to user 1001"))
    // Root may read everybody's, and is not who may change it.
    #expect(SecretFile.problems(mode: 0o600, owner: 1001, user: 0).count == 1)
  }

  @Test func aFileIsLookedAtAndItsPathNamed() throws {
    try withTemporaryFile("keys") { path in
      try "a-key-of-sixteen-characters".write(toFile: path, atomically: true, encoding: .utf8)
      chmod(path, 0o666)
      let warnings = SecretFile.keys(path).warnings
      #expect(
        warnings.count == 2 && warnings.allSatisfy { $0.hasPrefix("the file of API keys '\(path)' may be ") })
      chmod(path, 0o600)
      #expect(SecretFile.tlsKey(path).warnings.isEmpty)
      #expect(SecretFile.tlsKey(path + ".none").warnings.isEmpty)
    }
  }

  /// The server says so at the start and at every reload.
  @Test func theServerWarns() throws {
    try withTemporaryFile("keys") { path in
      try "a-key-of-sixteen-characters\n".write(toFile: path, atomically: true, encoding: .utf8)
      chmod(path, 0o622)
      let server = try ServeProcess(["--api-keys", path])
      let words = "may be written by its group and everybody"
      #expect(server.logged.contains(words))
      try server.waitUntilReady()
      server.send(SIGHUP)
      try server.wait(forLog: "reloaded")
      #expect(server.logged.components(separatedBy: words).count == 3)
      server.send(SIGTERM)
      #expect(server.wait() == 0)
    }
  }
}
