import Foundation
import HTTPService
import Testing

private func json(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .sortedKeys
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

@Suite struct ServerMetadataTests {
  @Test func hasTheProtocolsFields() throws {
    #expect(
      try json(ServerMetadata(name: "softmoe", version: "1"))
        == #"{"extensions":["binary_tensor_data","classification","statistics"],"name":"softmoe","version":"1"}"#
    )
    #expect(try json(ServerLive(live: true)) == #"{"live":true}"#)
    #expect(try json(ModelReady(name: "m", ready: false)) == #"{"name":"m","ready":false}"#)
    #expect(try json(InferErrorResponse(error: "x")) == #"{"error":"x"}"#)
  }

  @Test func namesTheTensors() throws {
    let metadata = ModelMetadata(
      name: "m", versions: ["1"], platform: "softmoe", height: 32, width: 48, classCount: 10,
      featureCount: 128)
    #expect(
      try json(metadata)
        == #"{"inputs":[{"datatype":"BYTES","name":"image","shape":[-1]},"#
        + #"{"datatype":"FP32","name":"pixels","shape":[-1,3,32,48]}],"name":"m","#
        + #""outputs":[{"datatype":"FP32","name":"logits","shape":[-1,10]},"#
        + #"{"datatype":"FP32","name":"probabilities","shape":[-1,10]},"#
        + #"{"datatype":"FP32","name":"features","shape":[-1,128]}],"platform":"softmoe","versions":["1"]}"#)
  }
}
