import Checkpoint
import Foundation
import TestSupport
import Testing

@Suite struct MappedFileTests {
  private func reason(_ path: String) -> String {
    do {
      _ = try Checkpoint(path: path)
      return "opened"
    } catch {
      return error.description
    }
  }

  @Test func whatIsNoFileIsNamed() throws {
    #expect(reason("/") == "can't read /: expected a regular file, found a directory")
    #expect(reason("/dev/null") == "can't read /dev/null: expected a regular file, found a device")
    #expect(reason("/nonexistent/m.smoe") == "can't read /nonexistent/m.smoe: No such file or directory")
  }

  /// Nobody writes to it: a reader that waited would wait for ever.
  @Test(.timeLimit(.minutes(1))) func aPipeIsNotWaitedFor() throws {
    try withTemporaryFile("pipe.smoe") { path in
      #expect(mkfifo(path, 0o600) == 0)
      #expect(reason(path) == "can't read \(path): expected a regular file, found a pipe")
    }
  }

  /// The superuser may read everything.
  @Test(.enabled(if: geteuid() != 0)) func aForbiddenFileIsNamed() throws {
    try withTemporaryFile("forbidden.smoe") { path in
      try Data("x".utf8).write(to: URL(filePath: path))
      #expect(chmod(path, 0) == 0)
      #expect(reason(path) == "can't read \(path): Permission denied")
    }
  }

  /// In a process of its own, which it ends.
  @Test func aFileCutShortWhileInUseEndsTheProcessInWords() async throws {
    let outcome = await #expect(
      processExitsWith: .exitCode(TruncationGuard.status), observing: [\.standardErrorContent]
    ) {
      try withTemporaryFile("cut.smoe") { path in
        try Data(repeating: 1, count: 1 << 20).write(to: URL(filePath: path))
        let file = try MappedFile(path: path)
        #expect(truncate(path, 0) == 0)
        try FileManager.default.removeItem(at: URL(filePath: path).deletingLastPathComponent())
        // Reached only if the byte could be read after all.
        exit(file.bytes[1 << 19] == 1 ? 0 : 1)
      }
    }
    let errors = String(decoding: outcome?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      errors.hasPrefix("softmoe: a mapped file was cut short while in use; replace a model by renaming"))
    #expect(errors.filter { $0 == "\n" }.count == 1)
  }

  /// A signal for another reason keeps its meaning.
  @Test func anotherBusErrorStaysOne() async {
    await #expect(processExitsWith: .signal(SIGBUS)) {
      _ = try MappedFile(path: packageRoot.appending(path: "Package.swift").path)
      raise(SIGBUS)
    }
  }
}
