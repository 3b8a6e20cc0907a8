import Checkpoint
import Foundation
import Kernels

/// Values in −1…1, the same in every run.
func values(_ count: Int, seed: Int) -> [Float] {
  (0..<count).map { Float(sin(Double($0 * 37 + seed * 101) * 0.7310585)) }
}

func rows(_ rows: Int, _ columns: Int, seed: Int) -> [[Float]] {
  let all = values(rows * columns, seed: seed)
  return (0..<rows).map { Array(all[$0 * columns..<($0 + 1) * columns]) }
}

func filled(_ rows: [[Float]]) throws -> Matrix {
  var matrix = try Matrix(rows: rows.count, columns: rows[0].count)
  for (index, row) in rows.enumerated() { matrix.setRow(index, to: row) }
  return matrix
}

func near(_ a: [Float], _ b: [Double], _ tolerance: Double = 1e-5) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
}

/// A product in Double.
func naive(_ a: [[Float]], _ b: [Double], columns: Int) -> [[Double]] {
  a.map { row in
    (0..<columns).map { column in row.indices.reduce(0) { $0 + Double(row[$1]) * b[$1 * columns + column] } }
  }
}

/// Bytes that weights can be a view of.
final class WeightBytes: @unchecked Sendable {
  // @unchecked: written once, before it is shared.

  /// The bytes, aligned to a cache line. Valid while this object is alive.
  let bytes: UnsafeRawBufferPointer

  /// A copy of `bytes`.
  init(_ bytes: some Collection<UInt8>) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
    memory.copyBytes(from: bytes)
    self.bytes = UnsafeRawBufferPointer(rebasing: memory[..<bytes.count])
  }

  deinit { bytes.deallocate() }
}

/// Matrices [k, c], packed as a checkpoint has them.
func weights(_ matrices: [[Float]], k: Int, c: Int, type: ElementType = .f32) -> WeightStack {
  let bytes = WeightBytes(matrices.flatMap { Panels.pack($0, k: k, c: c, type: type) })
  return WeightStack(
    packed: bytes.bytes, element: type, count: matrices.count, inputWidth: k, outputWidth: c, owner: bytes)
}

func vectors(_ values: [Float], count: Int = 1) -> WeightVectors {
  let bytes = values.withUnsafeBytes { WeightBytes($0) }
  return WeightVectors(bytes: bytes.bytes, count: count, width: values.count / count, owner: bytes)
}

/// The numbers that a weight has once it is stored: what a product with exact arithmetic would use.
func stored(_ values: [Float], k: Int, c: Int, type: ElementType) -> [Double] {
  switch type {
  case .f32: return values.map(Double.init)
  case .bf16: return values.map { Double(Float(bitPattern: UInt32(bfloat16($0)) << 16)) }
  case .f16: return values.map { Double(Float16($0)) }
  case .int8:
    let scales = (0..<c).map { column in
      let largest = (0..<k).map { abs(values[$0 * c + column]) }.max() ?? 0
      return largest > 0 ? largest / 127 : 1
    }
    return values.indices.map { index in
      let scale = scales[index % c]
      return Double((values[index] / scale).rounded(.toNearestOrEven)) * Double(scale)
    }
  }
}

extension Compute {
  /// Room for whatever a test does.
  convenience init(threads: Int, _ kernels: KernelSet? = nil) throws {
    try self.init(
      threads: ThreadPool(threadCount: threads), kernels: kernels ?? KernelSet(.auto), scratchCount: 1 << 19)
  }
}
