import HTTPService
import Inference
import Testing

/// Numbers from outside that must neither trap nor be read in two ways.
@Suite struct NumbersTests {
  @Test func decimalTakesDigitsAlone() {
    #expect(Int(decimal: "0") == 0 && Int(decimal: "007") == 7 && Int(decimal: "\(Int.max)") == .max)
    for text in ["", "+5", "-5", " 5", "5 ", "5.0", "5e0", "٥", "0x5", "9223372036854775808", "\0"] {
      #expect(Int(decimal: text) == nil, "\(text)")
    }
  }

  @Test(
    arguments: [
      (.zero, "0.000"), (.nanoseconds(499), "0.000"), (.nanoseconds(500), "0.001"),
      (.microseconds(1234), "1.234"),
      (.nanoseconds(999_999_500), "1000.000"), (.seconds(61), "61000.000"), (.milliseconds(-1), "0.000"),
      (Duration(secondsComponent: .max, attosecondsComponent: 0), "9223372036854775807000.000"),
    ] as [(Duration, String)])
  func millisecondsOfAnyDuration(duration: Duration, text: String) {
    #expect(ServerTiming([("t", duration)]).value == "t;dur=\(text)")
  }

  @Test func serverTimingLeavesOutWhatDidNotHappen() {
    let timing = ServerTiming([("decode", nil), ("queue", .milliseconds(1)), ("total", .microseconds(2500))])
    #expect(timing.value == "queue;dur=1.000, total;dur=2.500")
  }

  @Test(
    arguments: [
      (0, 0), (0.4, 0), (0.5, 1), (254.6, 255), (255, 255), (256, 255), (-1, 0), (.infinity, 255),
      (-.infinity, 0),
      (.nan, 0), (.greatestFiniteMagnitude, 255),
    ] as [(Float, UInt8)])
  func bytesOfAnyNumber(value: Float, expected: UInt8) {
    #expect(UInt8(saturating: value.rounded()) == expected)
  }
}
