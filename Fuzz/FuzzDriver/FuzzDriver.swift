import Glibc

/// libFuzzer's loop: runs the test on inputs until its command line's limits.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Fuzzes `test`, with the program's own arguments.
public func fuzz(_ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt) -> CInt {
  var count = CommandLine.argc
  var arguments = CommandLine.unsafeArgv
  return runDriver(&count, &arguments, test)
}

/// A variable that Fuzz/run sets.
public func setting(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private let inputPath = (setting("SOFTMOE_FUZZ_FOLDER") ?? "/dev/shm") + "/softmoe-fuzz-\(getpid())"

/// Hands `bytes` to `body` as the path of a file; fuzzed code opens files.
public func withFile(_ bytes: UnsafeRawBufferPointer, _ body: (String) -> Void) {
  withFiles([("", bytes)], body)
}

/// Hands several files to `body` as what their paths begin with, each followed by its suffix.
public func withFiles(_ files: [(suffix: String, bytes: UnsafeRawBufferPointer)], _ body: (String) -> Void) {
  var written = true
  for (suffix, bytes) in files {
    let descriptor = open(inputPath + suffix, O_RDWR | O_CREAT | O_TRUNC, 0o600)
    written = written && descriptor >= 0 && write(descriptor, bytes.baseAddress, bytes.count) == bytes.count
    close(descriptor)
  }
  if written { body(inputPath) }
  for (suffix, _) in files { unlink(inputPath + suffix) }
}
