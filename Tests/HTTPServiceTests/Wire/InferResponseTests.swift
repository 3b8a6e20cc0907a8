import Foundation
import HTTPService
import Testing

private let labels = ["cat", "dog", "frog:green/é"]
private let logits: [Float] = [0.1, 2.5, -1, 3, 3, 1e-5]

private func response(_ outputs: InferRequest.RequestedOutput...) -> InferResponse {
  InferResponse(
    modelName: "m", modelVersion: "1", id: "4/2",
    outputs: outputs.map { output in
      .init(output, values: output.output == .features ? [1, 2] : logits, imageCount: 2, labels: labels)
    })
}

@Suite struct InferResponseTests {
  @Test func writesJSON() throws {
    let message = try response(.init(.logits), .init(.features)).message()
    #expect(message.headerLength == nil && message.contentType == "application/json")
    let expected =
      #"{"id":"4/2","model_name":"m","model_version":"1","outputs":["#
      + #"{"data":[0.1,2.5,-1,3,3,1e-05],"datatype":"FP32","name":"logits","shape":[2,3]},"#
      + #"{"data":[1,2],"datatype":"FP32","name":"features","shape":[2,1]}]}"#
    #expect(String(decoding: message.body, as: UTF8.self) == expected)
    let bare = try InferResponse(modelName: "m", outputs: []).message()
    #expect(String(decoding: bare.body, as: UTF8.self) == #"{"model_name":"m","outputs":[]}"#)
  }

  @Test func writesBinaryDataInTheOrderOfTheOutputs() throws {
    let message = try response(
      .init(.features, isBinary: true), .init(.logits), .init(.probabilities, isBinary: true)
    )
    .message()
    let count = try #require(message.headerLength)
    #expect(message.contentType == "application/octet-stream")
    let json = String(decoding: message.body[..<count], as: UTF8.self)
    #expect(
      json.contains(
        #"{"datatype":"FP32","name":"features","parameters":{"binary_data_size":8},"shape":[2,1]}"#))
    #expect(json.contains(#""parameters":{"binary_data_size":24}"#) && json.contains(#""data":[0.1,"#))
    #expect(message.body.count == count + 32)
    #expect(
      Array(message.body[count..<count + 12]) == [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0xCD, 0xCC, 0xCC, 0x3D])
  }

  @Test func writesTheBestClassesFirst() throws {
    let message = try response(.init(.logits, classification: 2)).message()
    #expect(
      String(decoding: message.body, as: UTF8.self).contains(
        #"{"data":["2.5:1:dog","0.1:0:cat","3.0:0:cat","3.0:1:dog"],"datatype":"BYTES","name":"logits","shape":[2,2]}"#
      ))
    let all = response(.init(.probabilities, isBinary: true, classification: 99))
    #expect(all.outputs[0].shape == [2, 3])
    let binary = try all.message()
    let count = try #require(binary.headerLength)
    #expect(Array(binary.body[count..<count + 13]) == [9, 0, 0, 0] + Array("2.5:1:dog".utf8))
    #expect(String(decoding: binary.body, as: UTF8.self).hasSuffix("1e-05:2:frog:green/é"))
  }

  @Test func numbersThatJSONCannotShowAreAnError() throws {
    for value in [Float.nan, .infinity, -.infinity] {
      let tensors = [false, true].map { isBinary in
        InferResponse.Tensor(
          .init(.logits, isBinary: isBinary), values: [value], imageCount: 1, labels: ["cat"])
      }
      #expect(throws: InferResponseError.notFinite) {
        try InferResponse(modelName: "m", outputs: [tensors[0]]).message()
      }
      #expect(throws: Never.self) { try InferResponse(modelName: "m", outputs: [tensors[1]]).message() }
    }
  }
}
