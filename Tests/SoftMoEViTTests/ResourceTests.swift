import Foundation
import TestSupport
import Testing

/// Where the system gives too little, the command ends with a sentence: it neither crashes nor waits.
///
/// Sanitizers reserve more address space than any such limit.
@Suite(
  .enabled(
    if: ["ASAN_OPTIONS", "TSAN_OPTIONS"].allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }))
struct ResourceTests {
  /// Runs `softmoe bench` on the bundled model in an address space of so many KiB.
  private func bench(addressSpace: Int, _ options: String) throws -> (status: Int32, errors: String) {
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/bin/bash")
    let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    process.arguments = [
      "-c", "ulimit -v $0; exec timeout 300 \"$1\" bench \"$2\" --batches 1 --seconds 0.01 \(options)",
      "\(addressSpace)", Command.executable.path, model,
    ]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text)
  }

  /// 1000 stacks of 8 MiB don't fit into 1.5 GiB.
  @Test func threadsThatCannotBeMadeAreToldInWords() throws {
    let outcome = try bench(addressSpace: 1_500_000, "--threads 1000")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("expected 1000 threads for the engine, the system gives"), "\(outcome)")
  }

  /// OpenBLAS alone would try for ever.
  @Test(arguments: [300_000, 400_000], ["simd", "openblas"])
  func memoryThatIsNotThereIsToldInWords(_ addressSpace: Int, _ kernels: String) throws {
    let outcome = try bench(addressSpace: addressSpace, "--threads 2 --kernels \(kernels)")
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("the system gives no"), "\(outcome)")
  }

  /// The kernels of this project need no OpenBLAS: it is not even there with the program.
  @Test func theCommandIsNotLinkedWithOpenBLAS() throws {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/ldd")
    process.arguments = [Command.executable.path]
    process.standardOutput = output
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    #expect(text.contains("libc.so") && !text.contains("openblas"))
  }
}
