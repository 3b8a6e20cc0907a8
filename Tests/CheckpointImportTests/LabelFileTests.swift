import CheckpointImport
import Foundation
import TestSupport
import Testing

@Suite struct LabelFileTests {
  private func labels(_ text: String, count: Int = 3) throws(ImportError) -> [String] {
    try LabelFile.labels(from: Array(text.utf8), classCount: count)
  }

  @Test(arguments: [
    "cat\ndog\nfrog", "cat\ndog\nfrog\n", "cat\r\ndog\r\nfrog\r\n\r\n", "\u{FEFF}cat\ndog\nfrog\n \n",
    #"["cat", "dog", "frog"]"#, "\u{FEFF}\n" + #"["cat", "dog", "frog"]"#,
    #"{"0": "cat", "2": "frog", "1": "dog"}"#,
    #"{"model_type": "vit", "id2label": {"0": "cat", "1": "dog", "2": "frog"}, "label2id": {"cat": 0}}"#,
    #"{"architecture": "vit", "pretrained_cfg": {"label_names": ["cat", "dog", "frog"]}}"#,
  ])
  func everyFormIsRead(_ text: String) throws {
    #expect(try labels(text) == ["cat", "dog", "frog"])
  }

  @Test func aLabelMayLookLikeTheBeginningOfJSON() throws {
    #expect(try labels("[cat\n{dog\nfrog, tailed") == ["[cat", "{dog", "frog, tailed"])
  }

  @Test(arguments: [
    ("cat\n\nfrog", "line 2: expected a label"), ("cat\ndog", "3 classes; found 2 lines"),
    ("cat\nd\u{1}g\nfrog", "line 2: expected text without control characters"), ("", "found 0 lines"),
    (#"["cat", "dog"]"#, "found 2 elements"), (#"["cat", 1, "frog"]"#, "JSON array of texts"),
    (#"{"0": "cat", "1": "dog"}"#, "class 2 has no label"), (#"{"0": "cat", "3": "dog"}"#, "found '3'"),
    (#"{"cat": 0}"#, "found 'cat'"), (#"{"01": "cat"}"#, "found '01'"),
    (#"{"0": 7}"#, "class 0: expected a text"),
    (#"{"0": "cat", "0": "dog"}"#, "twice"),
  ])
  func whatIsWrongIsNamed(_ text: String, _ named: String) {
    #expect {
      try labels(text)
    } throws: {
      "\($0)".hasPrefix("--labels: ") && "\($0)".contains(named)
    }
  }

  @Test func otherEncodingsAreToldTheLine() {
    #expect {
      try LabelFile.labels(from: Array("cat\n".utf8) + [0xE4, 0x0A], classCount: 2)
    } throws: {
      "\($0)".contains("line 2: expected UTF-8")
    }
  }

  /// Some of torchvision's and timm's classes, in their order.
  @Test func imageNetIsNamed() throws {
    let names = try LabelFile.labels(at: "imagenet", classCount: 1000)
    #expect(names.count == 1000 && Set(names).count == 1000)
    #expect([names[0], names[1], names[281], names[999]] == ["tench", "goldfish", "tabby", "toilet tissue"])
    #expect([names[134], names[517]] == ["crane (bird)", "crane (machine)"])
    #expect([names[638], names[639]] == ["maillot", "maillot, tank suit"])
    #expect(throws: ImportError.self) { try LabelFile.labels(at: "imagenet", classCount: 10) }
  }

  @Test func filesAreReadByTheirPath() throws {
    try withTemporaryFile("labels.txt") { path in
      try Data("cat\r\ndog".utf8).write(to: URL(filePath: path))
      #expect(try LabelFile.labels(at: path, classCount: 2) == ["cat", "dog"])
    }
    #expect(throws: ImportError.self) { try LabelFile.labels(at: "no such file", classCount: 2) }
  }
}
