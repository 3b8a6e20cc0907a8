import CheckpointImport
import Foundation
import HTTPService
import SoftMoEViT
import TestSupport
import Testing

/// A model without a head is served: its features are the answer.
@Suite struct HeadlessModelTests {
  private static let configuration = ModelConfiguration(
    imageHeight: 16, imageWidth: 16, patchSize: 8, width: 32, depth: 1, headCount: 2, mlpWidth: 64,
    classCount: 0, activation: .geluErf, normEpsilon: 1e-6, classToken: false, position: .patches,
    patchBias: true, preNorm: false, qkvBias: true, qkNorm: .none, layerScale: false, finalNorm: .tokens,
    pooling: .mean, preLogitsWidth: nil, moe: nil)

  @Test func itAnswersItsFeaturesAndSaysThatItHasNoClasses() throws {
    try withTemporaryFile("model.smoe") { path in
      try CheckpointImport(synthesizing: Self.configuration, as: .f32).write(
        to: path, .plain(for: Self.configuration))
      let running = try RunningService(path)
      defer { running.stop() }
      let client = try running.client()
      let photo = try bytes("models/samples/cat.jpg")

      let embedded = try client.request("POST", "/embed", body: photo)
      #expect(embedded.status == 200)
      let answer = try JSONDecoder().decode(ImageResponse.self, from: Data(embedded.body))
      #expect(answer.embedding?.count == 32)

      let refused = try client.request("POST", "/classify", body: photo)
      #expect(refused.status == 400)
      #expect(refused.text.contains("test has no head, and so no classes; /embed answers its features"))

      let metadata = try client.request("GET", "/v2/models/test").text
      #expect(metadata.contains("features") && !metadata.contains("logits"))
      let pixels =
        #""inputs":[{"name":"pixels","datatype":"FP32","shape":[1,3,16,16],"data":"#
        + "[" + Array(repeating: "0.5", count: 768).joined(separator: ",") + "]}]"
      func infer(_ rest: String) throws -> TestClient.Response {
        try client.request("POST", "/v2/models/test/infer", body: Array("{\(pixels)\(rest)}".utf8))
      }
      let inferred = try infer("")
      #expect(inferred.status == 200)
      #expect(inferred.text.contains(#""features""#) && !inferred.text.contains(#""logits""#))
      let unknown = try infer(#","outputs":[{"name":"logits"}]"#)
      #expect(unknown.status == 400)
      #expect(unknown.text.contains("since the model has no head"))
      for page in ["/info", "/metrics", "/openapi.json", "/"] {
        #expect(try client.request("GET", page).status == 200, "\(page)")
      }
    }
  }
}
