import Dispatch
import KernelInterface
import Kernels

// Times the matrix product alone: many rows against one matrix, and few rows against many matrices (a Soft
// MoE layer's experts), for each storage and each set of instructions that this processor has. One line a shape.

func seconds(_ body: () -> Void) -> Double {
  let start = DispatchTime.now().uptimeNanoseconds
  body()
  return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
}

func memory(_ bytes: Int) -> UnsafeMutableRawPointer {
  let raw = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  let words = raw.bindMemory(to: UInt16.self, capacity: bytes / 2)
  for index in 0..<bytes / 2 { words[index] = UInt16(0x3C00 + index % 512) }
  return raw
}

func pad(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}
func tenth(_ x: Double) -> String { pad(String((x * 10).rounded() / 10), 8) }

let threads = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1
let variants = KernelSet.available.filter(\.isFused)
guard let best = variants.first else { fatalError("this processor has no fused multiply-add") }

for loops in variants {
  var peak = 0.0
  for _ in 0..<5 {
    let rounds = 2_000_000
    let time = seconds {
      DispatchQueue.concurrentPerform(iterations: threads) { _ in _ = loops.fusedMultiplyAdds(rounds: rounds)
      }
    }
    peak = max(peak, Double(threads * loops.fusedMultiplyAddCount(rounds: rounds)) / time / 1e9)
  }
  print(loops.instructions, "peak", tenth(peak), "GFLOP/s")
}
do {
  let count = 128 << 20
  let buffer = memory(count * 4)
  nonisolated(unsafe) let base = UnsafePointer(buffer.assumingMemoryBound(to: Float.self))
  var rate = 0.0
  for _ in 0..<4 {
    let part = count / threads
    let time = seconds {
      DispatchQueue.concurrentPerform(iterations: threads) { id in
        _ = best.streamedSum(base + id * part, count: part)
      }
    }
    rate = max(rate, Double(count * 4) / time / 1e9)
  }
  print("read", tenth(rate), "GB/s")
  buffer.deallocate()
}

for (rows, columns, k, copies) in [
  (192, 1152, 384, 1), (1536, 1536, 384, 1), (1536, 384, 1536, 1), (1536, 3072, 768, 1), (1, 1536, 384, 300),
  (1, 384, 1536, 300), (2, 1536, 384, 300), (4, 1536, 384, 300), (8, 1536, 384, 300), (8, 384, 1536, 300),
  (16, 1536, 384, 300), (32, 1536, 384, 300), (32, 384, 1536, 300),
] {
  for element in [ElementType.f32, .bf16, .int8] {
    var line = "\(pad("\(rows)", 5)) ×[\(k),\(columns)] \(element)"
    for loops in variants {
      let weightBytes = columns * k * element.byteCount
      let weights = memory(weightBytes * copies)
      let left = memory(rows * k * 4 * threads)
      let output = memory(rows * columns * 4 * threads)
      let scratch = memory(loops.productScratch(k: k) * 4 * threads)
      nonisolated(unsafe) let (w, a, y, s) = (
        weights, left.assumingMemoryBound(to: Float.self), output.assumingMemoryBound(to: Float.self),
        scratch.assumingMemoryBound(to: Float.self)
      )
      let repeats = max(1, Int(4e9 / Double(2 * rows * columns * k * copies)))
      var least = Double.infinity
      for _ in 0..<3 {
        let time = seconds {
          DispatchQueue.concurrentPerform(iterations: threads) { id in
            for _ in 0..<repeats {
              for copy in copies == 1 ? 0..<1 : copies * id / threads..<copies * (id + 1) / threads {
                // Blocks of rows as the engine takes them.
                var row = 0
                while row < rows {
                  let count = min(96, rows - row)
                  loops.product(
                    rows: count, columns: 0..<columns,
                    left: LeftOperand(base: a + (id * rows + row) * k, rowStride: k),
                    right: PackedOperand(base: w + copy * weightBytes, element: element, k: k),
                    finish: Finish(.store),
                    target: Target(base: y + (id * rows + row) * columns, stride: columns),
                    scratch: s + id * loops.productScratch(k: k))
                  row += count
                }
              }
            }
          }
        }
        least = min(least, time)
      }
      let work = Double(repeats * (copies == 1 ? threads : copies))
      line +=
        "  \(loops.instructions) \(tenth(work * Double(2 * rows * columns * k) / least / 1e9)) GFLOP/s \(tenth(work * Double(weightBytes) / least / 1e9)) GB/s"
      for buffer in [weights, left, output, scratch] { buffer.deallocate() }
    }
    print(line)
  }
}
