import Dispatch
import Foundation
import Metrics
import Testing

@Suite struct MetricsTests {
  @Test func rendersWhatWasDeclared() {
    let registry = MetricsRegistry()
    let requests = registry.counters("requests_total", "Requests \\ by\nroute.", labels: ["route", "code"])
    let sizes = registry.histogram("batch_size", "Images a batch.", buckets: [1, 2, 4])
    registry.gauge("depth", "Waiting.") { 2.5 }
    requests("/a\"b", "200").increment()
    requests("/a\"b", "200").increment(by: 2)
    for size in [1.0, 3, 4, 9] { sizes.observe(size) }
    #expect(
      registry.text() == #"""
        # HELP requests_total Requests \\ by\nroute.
        # TYPE requests_total counter
        requests_total{route="/a\"b",code="200"} 3
        # HELP batch_size Images a batch.
        # TYPE batch_size histogram
        batch_size_bucket{le="1"} 1
        batch_size_bucket{le="2"} 1
        batch_size_bucket{le="4"} 3
        batch_size_bucket{le="+Inf"} 4
        batch_size_sum 17
        batch_size_count 4
        # HELP depth Waiting.
        # TYPE depth gauge
        depth 2.5

        """#)
  }

  @Test func aMetricWithoutSamplesIsNotRendered() {
    let registry = MetricsRegistry()
    _ = registry.counters("never_total", "Never.", labels: ["why"])
    registry.observed("none", "None.", .gauge) { [] }
    #expect(registry.text().isEmpty)
  }

  @Test func concurrentAdditionsAreAllCounted() {
    let registry = MetricsRegistry()
    let counter = registry.counter("c_total", "C.")
    let family = registry.counters("f_total", "F.", labels: ["k"])
    let histogram = registry.histogram("h", "H.", buckets: [0.5])
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for _ in 0..<10_000 {
        counter.increment()
        family(thread % 2 == 0 ? "even" : "odd").increment()
        histogram.observe(Double(thread % 2))
      }
    }
    let text = registry.text()
    #expect(text.contains("c_total 80000\n"))
    #expect(text.contains("f_total{k=\"even\"} 40000\n"))
    #expect(text.contains("h_bucket{le=\"0.5\"} 40000\n"))
    #expect(text.contains("h_sum 40000\n"))
  }

  @Test func theProcessIsDescribed() {
    let registry = MetricsRegistry()
    registry.registerProcess()
    let values = Dictionary(
      uniqueKeysWithValues: registry.text().split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
        let parts = $0.split(separator: " ")
        return (String(parts[0]), Double(parts[1]) ?? .nan)
      })
    #expect((values["process_resident_memory_bytes"] ?? 0) > 1e6)
    #expect((values["process_open_fds"] ?? 0) >= 3)
    #expect(abs((values["process_start_time_seconds"] ?? 0) - Date().timeIntervalSince1970) < 86_400)
    #expect(values.count == 6)
  }
}
