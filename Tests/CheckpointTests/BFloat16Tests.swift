import Checkpoint
import Testing

@Suite struct BFloat16Tests {
  @Test func roundsToNearestEven() {
    let cases: [(Float, UInt16)] = [
      (0, 0), (-0.0, 0x8000), (1, 0x3F80), (Float(bitPattern: 0x3F80_8000), 0x3F80),
      (Float(bitPattern: 0x3F81_8000), 0x3F82), (Float(bitPattern: 0x3F80_8001), 0x3F81),
      (.greatestFiniteMagnitude, 0x7F80), (.infinity, 0x7F80), (-.infinity, 0xFF80),
    ]
    for (value, bits) in cases { #expect(bfloat16(value) == bits, "\(value)") }
    #expect(float(bfloat16: bfloat16(.nan)).isNaN)
    #expect(float(bfloat16: bfloat16(Float(bitPattern: 0x7F80_0001))).isNaN)
  }

  @Test func everyBFloat16SurvivesTheWayThroughFloat() {
    for bits in UInt16.min...UInt16.max where !float(bfloat16: bits).isNaN {
      #expect(bfloat16(float(bfloat16: bits)) == bits)
    }
  }
}
