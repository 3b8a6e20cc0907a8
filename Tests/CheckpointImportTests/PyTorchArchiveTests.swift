import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

private let folder = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/pytorch")

private func source(_ name: String) throws -> SourceFile {
  let path = folder.appending(path: name).path
  return try SourceFormat.source(in: MappedFile(path: path), path: path)
}

private func refusal(_ name: String) throws -> String {
  try #require(throws: ImportError.self) { try source(name) }.description
}

@Suite struct PyTorchArchiveTests {
  /// Transposed, sliced, expanded and shared tensors, of every type that weights have.
  @Test(
    arguments: zip(
      [
        "plain.pth", "ordered.pth", "parameters.pth", "protocol_5.pth", "wrapped.pth", "data_parallel.pth",
        "compiled.pth", "lightning.pth",
      ], ["", "", "", "", "model.", "module.", "module._orig_mod.", "state_dict.model."]))
  func weightsAreWhatTorchWrote(_ name: String, prefix: String) throws {
    let root = try SourceRoot(source(name), root: nil)
    #expect(root.prefix == prefix)
    try expectWeights(root)
    #expect(
      Set(root.file.setAside.map { $0.dropFirst(prefix.count) }).isSuperset(of: [
        "num_batches_tracked", "mask", "position_ids",
      ]))
  }

  @Test func ofTwoModelsTheUserChooses() throws {
    let error = try #require(throws: ImportError.self) { try SourceRoot(source("ema.pth"), root: nil) }
    #expect(error.description.contains("'model', 'model_ema' all hold tensors"), "\(error)")
    try expectWeights(SourceRoot(source("ema.pth"), root: "model_ema"))
    let unknown = try #require(throws: ImportError.self) { try SourceRoot(source("ema.pth"), root: "other") }
    #expect(unknown.description.contains("they begin with 'model', 'model_ema'"), "\(unknown)")
  }

  private func expectWeights(_ root: SourceRoot) throws {
    let expected = try ExpectedValues(path: folder.appending(path: "expected.safetensors").path)
    #expect(root.file.tensors.map(\.name).sorted() == expected.tensors.keys.sorted())
    for tensor in root.file.tensors {
      let values = try #require(expected.tensors[tensor.name])
      #expect(tensor.shape == values.shape && tensor.floats() == values.elements, "\(tensor.name)")
    }
  }

  @Test func whatIsNoDictionaryOfTensorsIsTurnedAwayByName() throws {
    #expect(try refusal("module.pth").contains("torch.save(model.state_dict(), 'weights.pth')"))
    #expect(try refusal("legacy.pth").contains("from before version 1.6"))
    #expect(try refusal("torchscript.pt").contains("it is a TorchScript program"))
  }
}
