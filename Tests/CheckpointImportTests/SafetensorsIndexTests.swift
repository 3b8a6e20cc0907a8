import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

/// Two shards, "one" with a and b, "two" with c, and an index.
private func names(_ index: String) throws -> [String] {
  try withTemporaryFile("model.safetensors.index.json") { path in
    let folder = URL(filePath: path).deletingLastPathComponent()
    try Data(safetensors([("a", [2]), ("b", [1])])).write(to: folder.appending(path: "one"))
    try Data(safetensors([("c", [3])])).write(to: folder.appending(path: "two"))
    try Data(index.utf8).write(to: URL(filePath: path))
    return try SourceFormat.source(in: MappedFile(path: path), path: path).tensors.map(\.name).sorted()
  }
}

@Suite struct SafetensorsIndexTests {
  @Test func tensorsComeFromTheirShards() throws {
    let index = #"{"metadata":{"total_size":24},"weight_map":{"a":"one","b":"one","c":"two"}}"#
    #expect(try names(index) == ["a", "b", "c"])
    for count in 1..<index.utf8.count {
      #expect(throws: ImportError.self) { try names(String(index.prefix(count))) }
    }
  }

  @Test(arguments: [
    #"{"a":"one","b":"one"}"#.replacing("\"b\":\"one\"", with: "\"b\":\"two\""),
    #"{"a":"one","c":"two"}"#, #"{"a":"one","b":"one","c":"two","d":"two"}"#,
    #"{"a":"one","b":"one","c":"three"}"#, #"{"a":"../one"}"#, #"{"a":"./one"}"#, #"{"a":"/one"}"#,
    #"{"a":".."}"#, #"{"a":""}"#, #"{"a":"one\u0000"}"#, #"{"a":1}"#,
  ])
  func anIndexThatDoesNotFitIsRefused(_ map: String) {
    #expect(throws: ImportError.self) { try names("{\"weight_map\":\(map)}") }
  }

  @Test func aModelInShardsIsTheModel() throws {
    try withTemporaryFile("model.safetensors.index.json") { path in
      let folder = URL(filePath: path).deletingLastPathComponent()
      try Data(safetensors(Array(tinyModel[..<9]))).write(to: folder.appending(path: "1"))
      try Data(safetensors(Array(tinyModel[9...]))).write(to: folder.appending(path: "2"))
      let entries = tinyModel.enumerated().map { "\"\($0.element.name)\":\"\($0.offset < 9 ? 1 : 2)\"" }
      try Data("{\"weight_map\":{\(entries.joined(separator: ","))}}".utf8).write(to: URL(filePath: path))
      #expect(try CheckpointImport(path: path, options: ImportOptions()).configuration.width == 4)
    }
  }
}
