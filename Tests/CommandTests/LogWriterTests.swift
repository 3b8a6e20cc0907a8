import Glibc
import Testing
import softmoe

/// Whoever logs never waits: what can't be written is lost and counted.
@Suite struct LogWriterTests {
  /// A pipe that holds one page, the least that the system allows.
  private struct Pipe {
    let reader, writer: Int32

    init() {
      var ends: [Int32] = [0, 0]
      pipe(&ends)
      (reader, writer) = (ends[0], ends[1])
      // 1031 is F_SETPIPE_SZ, which the module map leaves out.
      _ = fcntl(writer, 1031, 4096)
    }

    /// Reads until the other end is closed or nothing has come for a while.
    func text(until isEnough: (String) -> Bool) -> String {
      var bytes: [UInt8] = []
      var piece = [UInt8](repeating: 0, count: 4096)
      while !isEnough(String(decoding: bytes, as: UTF8.self)) {
        let count = read(reader, &piece, piece.count)
        guard count > 0 else { break }
        bytes += piece[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test func linesComeInOrder() {
    let pipe = Pipe()
    let writer = LogWriter(pipe.writer)
    for number in 0..<100 { writer.write("line \(number)") }
    let text = pipe.text { $0.hasSuffix("line 99\n") }
    #expect(text == (0..<100).map { "line \($0)\n" }.joined())
    #expect(writer.lostCount == 0)
  }

  /// Nobody reads: a page is in the pipe, a line with the thread that waits, a thousand bytes in the buffer.
  @Test func aFullPipeLosesLinesAndBlocksNobody() {
    let pipe = Pipe()
    let writer = LogWriter(pipe.writer, byteLimit: 1000)
    let line = String(repeating: "x", count: 99)
    let count = 1000
    for _ in 0..<count { writer.write(line) }
    let lost = writer.lostCount
    // At least what fits into neither; at most all but what the pipe would take at once.
    #expect(lost > count - 60 && lost < count)
    // When somebody reads again, what was kept comes whole.
    let text = pipe.text { $0.utf8.count == (count - lost) * 100 }
    #expect(text.split(separator: "\n").allSatisfy { $0 == line })
    writer.write("again")
    #expect(pipe.text { $0.hasSuffix("again\n") } == "again\n")
  }

  @Test func aDeadReaderLosesLinesOnly() {
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    close(pipe.reader)
    let writer = LogWriter(pipe.writer)
    for _ in 0..<10 { writer.write("nobody") }
    while writer.lostCount < 10 { usleep(1000) }
    #expect(writer.lostCount == 10)
  }

  @Test func aDescriptorThatDoesNotWaitIsWaitedFor() {
    let pipe = Pipe()
    _ = fcntl(pipe.writer, F_SETFL, O_NONBLOCK)
    let writer = LogWriter(pipe.writer)
    let line = String(repeating: "y", count: 999)
    for _ in 0..<20 { writer.write(line) }
    #expect(pipe.text { $0.utf8.count == 20_000 }.utf8.count == 20_000)
    #expect(writer.lostCount == 0)
  }

  @Test func flushingEndsThoughNobodyReads() {
    let pipe = Pipe()
    let writer = LogWriter(pipe.writer)
    for _ in 0..<100 { writer.write(String(repeating: "z", count: 99)) }
    writer.flush(within: .milliseconds(10))
    #expect(writer.lostCount == 0)
  }
}
