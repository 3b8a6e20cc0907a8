import Foundation
import HTTPService
import Testing

@Suite struct ModelStatisticsTests {
  @Test func hasTheExtensionsFields() throws {
    let statistics = ModelStatistics(models: [
      .init(
        name: "m", version: "1", lastInference: 5, inferenceCount: 4, executionCount: 3,
        requests: .init(
          success: .init(count: 2, nanoseconds: 7), computeInput: .init(count: 8, nanoseconds: 9)),
        batches: [.init(batchSize: 2, computeInfer: .init(count: 1, nanoseconds: 6))])
    ])
    let encoded = try JSONEncoder().encode(statistics)
    let zero = #"{"count":0,"ns":0}"#
    let expected = #"""
      {"model_stats":[{"name":"m","version":"1","last_inference":5,"inference_count":4,"execution_count":3,
      "inference_stats":{"success":{"count":2,"ns":7},"fail":\#(zero),"queue":\#(zero),
      "compute_input":{"count":8,"ns":9},"compute_infer":\#(zero),"compute_output":\#(zero)},
      "batch_stats":[{"batch_size":2,"compute_input":\#(zero),"compute_infer":{"count":1,"ns":6},
      "compute_output":\#(zero)}]}]}
      """#
    let found = try #require(JSONSerialization.jsonObject(with: encoded) as? NSDictionary)
    #expect(found == (try JSONSerialization.jsonObject(with: Data(expected.utf8)) as? NSDictionary))
    #expect(try JSONDecoder().decode(ModelStatistics.self, from: encoded) == statistics)
  }
}
