import Checkpoint
import TestSupport
import Testing

@Suite struct Float16Tests {
  @Test func everyFloat16SurvivesTheFile() throws {
    let values = (UInt16.min...UInt16.max).map { Float(Float16(bitPattern: $0)) }.filter { !$0.isNaN }
    try withTemporaryFile("model.smoe") { path in
      var writer = try CheckpointWriter(
        path: path, metadata: [String: String](),
        tensors: [.init(name: "all", type: .f16, shape: [values.count])])
      try writer.append { emit in try emit(values) }
      try writer.finish()
      let tensor = try Checkpoint(path: path).tensor("all", shape: [values.count])
      #expect(tensor.type == .f16 && tensor.byteCount == 2 * values.count)
      #expect(tensor.floats().map(\.bitPattern) == values.map(\.bitPattern))
    }
  }
}
