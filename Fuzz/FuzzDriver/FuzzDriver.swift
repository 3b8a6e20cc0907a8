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
  let descriptor = open(inputPath, O_RDWR | O_CREAT | O_TRUNC, 0o600)
  guard descriptor >= 0 else { return }
  defer {
    close(descriptor)
    unlink(inputPath)
  }
  if write(descriptor, bytes.baseAddress, bytes.count) == bytes.count { body(inputPath) }
}
