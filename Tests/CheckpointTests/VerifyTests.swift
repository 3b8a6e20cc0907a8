import Checkpoint
import TestSupport
import Testing

@Suite struct VerifyTests {
  /// One tensor of 5000 elements, all 1 but one.
  private func expectFound(_ value: Float, at element: Int, as type: ElementType) throws {
    try withTemporaryFile("one.smoe") { path in
      var writer = try CheckpointWriter(
        path: path, metadata: ["name": "x"], tensors: [.init(name: "weights", type: type, shape: [5000])])
      try writer.append { emit in
        var values = [Float](repeating: 1, count: 5000)
        values[element] = value
        try emit(values)
      }
      try writer.finish()
      #expect(
        throws: CheckpointError.notFinite(
          tensor: "weights", offset: element * type.byteCount, value: "\(value)")
      ) { try Checkpoint(path: path, verification: .full) }
      // Opening reads no tensor.
      _ = try Checkpoint(path: path)
    }
  }

  @Test(arguments: [ElementType.f32, .bf16, .f16]) func weightsThatAreNoNumbersAreFound(_ type: ElementType)
    throws
  {
    for element in [0, 1, 15, 4095, 4096, 4999] {
      for value: Float in [.nan, .infinity, -.infinity] { try expectFound(value, at: element, as: type) }
    }
  }

  /// An integer is always a number; a column's scale may be none.
  @Test func aScaleThatIsNoNumberIsFound() throws {
    try withTemporaryFile("one.smoe") { path in
      var writer = try CheckpointWriter(
        path: path, metadata: ["name": "x"],
        tensors: [.init(name: "weights", type: .int8, arrangement: .panels, shape: [2, 3, 20])])
      try writer.append { emit in
        var values = [Float](repeating: 1, count: 120)
        values[60 + 17] = .infinity
        try emit(values)
      }
      try writer.finish()
      // Two panels of one group of words and 16 scales a matrix: the fourth panel's second scale.
      #expect(
        throws: CheckpointError.notFinite(tensor: "weights", offset: 3 * 128 + 64 + 4, value: "inf")
      ) { try Checkpoint(path: path).verify() }
    }
  }
}
