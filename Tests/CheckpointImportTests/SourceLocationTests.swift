import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

/// What import says of a file with these first bytes.
private func refusal(_ bytes: [UInt8]) throws -> String {
  try withTemporaryFile("model") { path in
    try Data(bytes + [UInt8](repeating: 0, count: 300)).write(to: URL(filePath: path))
    return try #require(throws: ImportError.self) {
      try CheckpointImport(path: path, options: ImportOptions())
    }.description
  }
}

/// What import says of a folder with these files, each empty.
private func refusal(ofFolderWith names: [String], at name: String = "") throws -> String {
  try withTemporaryFile("model") { path in
    let folder = URL(filePath: path)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in names { try Data().write(to: folder.appending(path: name)) }
    return try #require(throws: ImportError.self) {
      try CheckpointImport(
        path: name.isEmpty ? path : folder.appending(path: name).path, options: ImportOptions())
    }.description
  }
}

@Suite struct SourceLocationTests {
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"), ("GGUF\u{3}", "it is a GGUF file"),
    ("<!DOCTYPE html>", "it is a web page"),
    ("{\"model_type\": \"vit\"}", "a model's configuration is no model"),
  ])
  func filesThatAreTakenForModelsAreNamed(_ text: String, sentence: String) throws {
    #expect(try refusal(Array(text.utf8)).contains(sentence))
  }

  @Test func binaryFilesThatAreTakenForModelsAreNamed() throws {
    #expect(try refusal([0x89] + Array("SMOE\r\n".utf8)).contains("softmoe serve"))
    #expect(try refusal([0x89] + Array("HDF\r\n\u{1a}\n".utf8)).contains("numpy.savez"))
    #expect(try refusal([0x1F, 0x8B, 8]).contains("gunzip it"))
    #expect(try refusal([0x08, 0x07, 0x12, 0x07]).contains("it is an ONNX model"))
  }

  @Test func aFolderIsItsOneModel() throws {
    #expect(try refusal(ofFolderWith: []).contains("expected a folder with a model's file"))
    #expect(try refusal(ofFolderWith: ["a.pth", "b.pth"]).contains("found a.pth, b.pth; name one"))
    #expect(try refusal(ofFolderWith: ["config.json", "a.pth"]).contains("an empty file"))
    #expect(try refusal(ofFolderWith: ["saved_model.pb"]).contains("SavedModel"))
    #expect(try refusal(ofFolderWith: ["_METADATA", "manifest.ocdbt"]).contains("it is an Orbax checkpoint"))
    let shard = "model-00001-of-00002.safetensors"
    #expect(try refusal(ofFolderWith: [shard], at: shard).contains("model.safetensors.index.json"))
  }
}
