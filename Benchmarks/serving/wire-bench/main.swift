import Glibc
import HTTPService

// What reading a body of the largest default size costs, one line a body: the thread's time on a
// processor, the best of five, in milliseconds and in nanoseconds a byte. `swift run -c release wire-bench`.

private let size = 31 << 20

private func repeated(_ piece: String) -> String {
  String(repeating: piece, count: size / piece.utf8.count)
}

private let image = #"{"name":"image","datatype":"BYTES","shape":[1],"data":["AA=="]}"#

/// A request with `value` in a field that nobody reads.
private func ignored(_ value: String) -> [UInt8] { Array(#"{"x":\#(value),"inputs":[\#(image)]}"#.utf8) }

private func images(_ base64: String) -> [UInt8] {
  Array(#"{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["\#(base64)"]}]}"#.utf8)
}

private func pixels(_ number: String) -> [UInt8] {
  let count = size / (number.utf8.count + 1) / 3 * 3
  let data = repeatElement(number, count: count).joined(separator: ",")
  return Array(
    #"{"inputs":[{"name":"pixels","datatype":"FP32","shape":[1,3,1,\#(count / 3)],"data":[\#(data)]}]}"#.utf8)
}

private let requests: [(String, [UInt8])] = [
  ("ignored: a string", ignored("\"\(repeated("x"))\"")),
  ("ignored: a string of é", ignored("\"\(repeated("é"))\"")),
  (#"ignored: a string of \n"#, ignored("\"\(repeated(#"\n"#))\"")),
  (#"ignored: a string of \u0041"#, ignored("\"\(repeated(#"\u0041"#))\"")),
  (#"ignored: a string of \ud83d\ude00"#, ignored("\"\(repeated(#"\ud83d\ude00"#))\"")),
  ("ignored: short strings", ignored("[\(repeated(#""","#))0]")),
  ("ignored: short escaped strings", ignored("[\(repeated(#""\n","#))0]")),
  ("ignored: digits", ignored("[\(repeated("0,"))0]")),
  ("ignored: numbers", ignored("[\(repeated("-12.5e-7,"))0]")),
  ("ignored: nulls", ignored("[\(repeated("null,"))0]")),
  ("ignored: arrays", ignored("[\(repeated("[],"))0]")),
  ("ignored: objects", ignored("[\(repeated(#"{"":{}},"#))0]")),
  ("ignored: fields", Array("{\(repeated(#""y":0,"#))\"inputs\":[\(image)]}".utf8)),
  ("ignored: escaped fields", Array("{\(repeated(#""\u0079":0,"#))\"inputs\":[\(image)]}".utf8)),
  ("base64", images(repeated("/9j/"))),
  (#"base64 with \/"#, images(repeated(#"\/9j\/"#))),
  (#"base64 in \u0041"#, images(repeated(#"\u0041\u0041\u0041\u0041"#))),
  ("pixels: 0.123456", pixels("0.123456")),
  ("pixels: 1e-40, below FP32's normal numbers", pixels("1e-40")),
  ("pixels: 0.1234567890123456789012", pixels("0.1234567890123456789012")),
]

/// Seconds that this thread ran so far, which other programs don't add to.
private func processorTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

private func report(_ name: String, byteCount: Int, _ read: () throws -> Void) {
  var best = Double.infinity
  var outcome = ""
  for _ in 0..<5 {
    let start = processorTime()
    do { try read() } catch { outcome = "  refused: \(error)" }
    best = min(best, processorTime() - start)
  }
  func padded(_ value: Double, _ width: Int) -> String {
    let text = "\((value * 10).rounded() / 10)"
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }
  print(padded(best * 1e3, 8), "ms", padded(best * 1e9 / Double(byteCount), 6), "ns/B  \(name)\(outcome)")
}

for (name, body) in requests {
  report(name, byteCount: body.count) { _ = try InferRequest.decode(body: body) }
}
for (name, filling) in [
  ("form: zeros", "\0"), ("form: CR LF", "\r\n"), ("form: almost the boundary", "\r\n--bounda"),
] {
  let head = "--boundary\r\nContent-Disposition: form-data; name=a\r\n\r\n"
  let body = Array((head + repeated(filling) + "\r\n--boundary--\r\n").utf8)
  report(name, byteCount: body.count) {
    _ = try MultipartForm(contentType: "multipart/form-data; boundary=boundary", body: body)
  }
}
