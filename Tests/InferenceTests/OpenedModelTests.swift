import Checkpoint
import Foundation
import Inference
import TestSupport
import Testing

/// The bundled model with one piece of its metadata replaced by another of the same length.
@Suite struct OpenedModelTests {
  private func reason(_ text: String, _ replacement: String) throws -> String {
    try withTemporaryFile("model.smoe") { path in
      let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe")
      var bytes = try Data(contentsOf: model)
      let place = try #require(bytes.prefix(4096).range(of: Data(text.utf8)))
      try #require(text.utf8.count == replacement.utf8.count)
      bytes.replaceSubrange(place, with: replacement.utf8)
      let dataOffset = try Checkpoint(path: model.path).tensors[0].offset
      try Data(sealed([UInt8](bytes), dataOffset: dataOffset)).write(to: URL(filePath: path))
      let error = #expect(throws: OpenedModelError.self) { try OpenedModel(path: path) }
      return error?.description ?? ""
    }
  }

  @Test(arguments: [
    (#""cat","deer""#, #""cat - deer""#, "expected 10 labels, found 9"),
    (#""cat","deer""#, #""cat",123456"#, "metadata section 'labels': Index 4: Expected to decode String"),
    (#""cat","deer""#, #""c\n","deer""#, "metadata section 'labels': label 3: expected text without control"),
    (#"cifar10-softmoe"#, #"cifar10/softmoe"#, "section 'name': expected a name of 1 to 128 bytes"),
    (#""norm_epsilon":1e-06"#, #""norm_epsilon":0.000"#, "expected a number above 0, below 1, found 0.0"),
    (#""name":"c"#, #""nome":"c"#, "metadata section 'name': the key 'name' is missing"),
    (#""name":"c"#, #""name":7 "#, "metadata section 'name': expected JSON in UTF-8"),
    (
      #""expert_count":32"#, #""expert_count": 0"#,
      "configuration.moe.expert_count: expected 1…65536, found 0"
    ),
    (#""expert_count":32"#, #""expert_count":33"#, "tensor 'blocks/3/moe/"),
    (
      #""expert_count":32"#, #""expert_count":-1"#,
      "configuration.moe.expert_count: expected 1…65536, found -1"
    ),
    (#""head_count":4"#, #""head_count":5"#, "head_count: 5 heads do not divide the width 128"),
    (
      #""patch_size":4"#, #""patch_size":5"#,
      "configuration.image_height: 32 is no multiple of the patch size 5"
    ),
    (#""patch_size":4"#, #""patch_size":8"#, "tensor 'patch_embedding/kernel': expected"),
    (#""layers":[3,4,5]"#, #""layers":[3,4,6]"#, "expected ascending indices below the depth 6"),
    (#""class_count":10"#, #""class_count":11"#, "tensor 'head/kernel': expected"),
    (#""width":128"#, #""width":1e9"#, "configuration.width: expected 1…65536, found 1000000000"),
    (
      #""norm_epsilon":1e-06"#, #""norm_epsilon":1e+99"#,
      "metadata section 'configuration': expected JSON in UTF-8 with numbers that fit"
    ),
    (
      #""activation":"gelu_tanh""#, #""activation":"gelu_best""#,
      "metadata section 'configuration': activation"
    ),
    (#""crop_height":32"#, #""crop_height":31"#, "preprocessing makes 31x32 pixels, the model reads 32x32"),
  ])
  func whatDoesNotFitIsNamed(_ text: String, _ replacement: String, _ problem: String) throws {
    let found = try reason(text, replacement)
    #expect(found.contains(problem), "\(found)")
  }
}
