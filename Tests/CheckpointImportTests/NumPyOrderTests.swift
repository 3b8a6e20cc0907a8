import Checkpoint
import CheckpointImport
import TestSupport
import Testing

@Suite struct NumPyOrderTests {
  /// NumPy saves a transposed array as it lies in memory and says so.
  @Test(arguments: ["orders", "orders_compressed"])
  func anArrayInFortranOrderIsTheOneInCOrder(_ name: String) throws {
    let path = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/numpy/\(name).npz").path
    let tensors = try SourceFormat.source(in: MappedFile(path: path), path: path).tensors
    let byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    let fortran = tensors.filter { $0.name.hasPrefix("fortran/") }
    #expect(fortran.count == 6 && tensors.count == 12)
    for tensor in fortran {
      let other = try #require(byName["c/" + tensor.name.dropFirst("fortran/".count)])
      #expect(tensor.shape == other.shape && tensor.floats() == other.floats(), "\(tensor.name)")
      // In parts, too.
      for end in 0...tensor.count {
        #expect(tensor.floats(end / 2..<end) == other.floats(end / 2..<end), "\(tensor.name)")
      }
    }
  }
}
