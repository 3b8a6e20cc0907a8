import MicroHTTP
import Testing

@Suite struct BodyProgressTests {
  /// 60 000 bytes in 60 s: each second must bring 1000.
  @Test func progressIsASecondsShare() {
    let start = ContinuousClock.now
    var progress = BodyProgress(reservedByteCount: 60_000, allowance: .seconds(60), beginning: start)
    progress.receive(byteCount: 999, reservedByteCount: 60_000, at: start + .seconds(1))
    #expect(progress.lastProgress == start)
    progress.receive(byteCount: 1, reservedByteCount: 60_000, at: start + .seconds(2))
    #expect(progress.lastProgress == start + .seconds(2))
    progress.receive(byteCount: 999, reservedByteCount: 60_000, at: start + .seconds(3))
    #expect(progress.lastProgress == start + .seconds(2))
  }

  @Test func aGrownReservationNeedsMore() {
    let start = ContinuousClock.now
    var progress = BodyProgress(reservedByteCount: 60_000, allowance: .seconds(60), beginning: start)
    progress.receive(byteCount: 1000, reservedByteCount: 120_000, at: start + .seconds(1))
    #expect(progress.lastProgress == start && progress.reservedByteCount == 120_000)
  }

  @Test func aShortAllowanceAsksForNoMoreThanTheBody() {
    let start = ContinuousClock.now
    var progress = BodyProgress(reservedByteCount: 100, allowance: .milliseconds(10), beginning: start)
    progress.receive(byteCount: 100, reservedByteCount: 100, at: start + .seconds(1))
    #expect(progress.lastProgress == start + .seconds(1))
  }
}
