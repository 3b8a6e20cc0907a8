// image-bench ITERATIONS FILE…: one JSON line a file, milliseconds of each iteration.
//
// `exact` and `fast` are whole calls of `pixels(from:)`; `decode` is the exact one without the resize:
// the same rows and columns decoded, and let go.

import Foundation
import ImageInput

/// Takes rows and does nothing with them.
struct DiscardingSink: ~Copyable, RowSink {
  let rows: Range<Int>
  let columns: Range<Int>
  private var row = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 64)

  init(rows: Range<Int>, columns: Range<Int>) {
    self.rows = rows
    self.columns = columns
  }

  mutating func begin(columns: Range<Int>) {
    row.deallocate()
    row = .allocate(byteCount: 4 * columns.count + 64, alignment: 64)
  }

  mutating func destination(row _: Int) -> UnsafeMutablePointer<UInt8> {
    row.assumingMemoryBound(to: UInt8.self).baseAddress.unsafelyUnwrapped
  }

  mutating func commit(row _: Int) {}

  deinit { row.deallocate() }
}

func milliseconds(_ work: () throws -> Void) rethrows -> Double {
  let duration = try ContinuousClock().measure(work)
  return duration / .milliseconds(1)
}

let preprocessing = Preprocessing(
  resizeShorter: 256, filter: .bicubic, cropHeight: 224, cropWidth: 224, mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5])
guard CommandLine.arguments.count > 2, let iterations = Int(CommandLine.arguments[1]) else {
  print("usage: image-bench ITERATIONS FILE…")
  exit(2)
}
let exact = try ImageDecoder(preprocessing: preprocessing)
let fast = try ImageDecoder(preprocessing: preprocessing, mode: .fast)
for path in CommandLine.arguments.dropFirst(2) {
  let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  var times: [String: [Double]] = [:]
  for _ in 0..<iterations {
    times["exact", default: []].append(try milliseconds { _ = try exact.pixels(from: bytes) })
    times["fast", default: []].append(try milliseconds { _ = try fast.pixels(from: bytes) })
    let decode = try milliseconds {
      _ = try exact.decode(bytes[...]) { geometry, shrinkage in
        let needed = Resampler(geometry, kernel: preprocessing.kernel, shrinkage: shrinkage)
        return DiscardingSink(rows: needed.rows, columns: needed.columns)
      }
    }
    times["decode", default: []].append(decode)
  }
  print(String(decoding: try JSONEncoder().encode(times), as: UTF8.self))
}
