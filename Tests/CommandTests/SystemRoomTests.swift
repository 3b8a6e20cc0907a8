import Foundation
import TestSupport
import Testing
import softmoe

/// Limits that are too small end the server with a sentence, and not by a signal or never.
@Suite struct SystemRoomTests {
  private let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path

  @Test func whatIsThereIsEnough() throws {
    try SystemRoom(threadCount: 8, byteCount: 1 << 20).check()
  }

  @Test func whatNoMachineHasIsMissing() {
    #expect(throws: SystemRoomError.addressSpace(1 << 60)) {
      try SystemRoom(threadCount: 1, byteCount: 1 << 60).check()
    }
  }

  /// From what the program alone does not fit into, in steps, to where it serves.
  @Test func anAddressSpaceThatIsTooSmallEndsItWithASentence() throws {
    var (refused, served) = (0, 0)
    for mebibytes in stride(from: 100, through: 2_500, by: 200) {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/bash")
      let log = Pipe()
      process.standardError = log
      process.arguments = [
        "-c",
        "ulimit -v \(mebibytes * 1024); exec '\(Command.executable.path)' serve --port 0 --admin-port none --model '\(model)'",
      ]
      try process.run()
      var text = ""
      while !text.contains(": serving ") {
        let data = log.fileHandleForReading.availableData
        if data.isEmpty { break }
        text += String(decoding: data, as: UTF8.self)
      }
      let isServing = text.contains(": serving ")
      if isServing { process.terminate() }
      process.waitUntilExit()
      #expect(process.terminationReason == .exit, "\(mebibytes) MiB: \(text)")
      if isServing {
        served += 1
        #expect(process.terminationStatus == 0)
      } else {
        refused += 1
        #expect(process.terminationStatus != 0 && !text.isEmpty, "\(mebibytes) MiB")
      }
    }
    #expect(refused > 0 && served > 0)
  }
}
