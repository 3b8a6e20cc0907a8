/// Eight Floats: two registers of SSE, one of AVX.
typealias Vector = SIMD8<Float>

@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
}

@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

/// Applies `body` to `count` elements, eight at a time, the last few padded with zeros.
@inline(__always)
func map(
  _ source: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>,
  _ body: (_ x: Vector, _ index: Int) -> Vector
) {
  var index = 0
  while index + 8 <= count {
    store(body(load(source + index), index), target + index)
    index += 8
  }
  if index < count {
    let tail = body(loadTail(source + index, count: count - index), index)
    for lane in 0..<count - index { target[index + lane] = tail[lane] }
  }
}

/// Fewer than eight elements, zeros behind them.
@inline(__always)
func loadTail(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
  var tail = Vector()
  for lane in 0..<count { tail[lane] = pointer[lane] }
  return tail
}

/// The sum of `body` over `count` elements in one fixed order: eight lanes, then across them.
@inline(__always)
func sum(_ source: UnsafePointer<Float>, count: Int, _ body: (Vector) -> Vector = { $0 }) -> Float {
  var lanes = Vector()
  var index = 0
  while index + 8 <= count {
    lanes += body(load(source + index))
    index += 8
  }
  if index < count {
    // Lanes past the end count as zero whatever `body` makes of them.
    let tail = body(loadTail(source + index, count: count - index))
    for lane in 0..<count - index { lanes[lane] += tail[lane] }
  }
  return lanes.sum()
}

/// eˣ within 2 ulp for −87 ≤ x ≤ 88; below that it stays at e⁻⁸⁷, a hair above zero.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, then a polynomial in r and n added to the exponent.
/// - Source: the coefficients are those of the Cephes library's expf.
@inline(__always)
func exp(_ argument: Vector) -> Vector {
  var x = argument.replacing(with: Vector(repeating: -87), where: argument .< -87)
  x.replace(with: Vector(repeating: 88), where: x .> 88)
  // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
  let magic = Vector(repeating: 12_582_912)
  let shifted = x * 1.442_695_04 + magic
  let n = shifted - magic
  let r = (x - n * 0.693_359_375) - n * -2.121_944_4e-4
  var p = r * 1.987_569_15e-4 + 1.398_199_950_7e-3
  p = p * r + 8.333_451_907_3e-3
  p = p * r + 4.166_579_589_4e-2
  p = p * r + 1.666_666_545_9e-1
  p = p * r + 5.000_000_120_1e-1
  p = p * (r * r) + (r + 1)
  let exponent = unsafeBitCast(shifted, to: SIMD8<Int32>.self) &<< 23
  return unsafeBitCast(unsafeBitCast(p, to: SIMD8<Int32>.self) &+ exponent, to: Vector.self)
}
