/// Sixteen Floats: one register of AVX-512, two of AVX, four of SSE or NEON.
///
/// The same lanes on every processor, so that every processor adds in the same order.
typealias Vector = SIMD16<Float>
typealias Bits = SIMD16<UInt32>

/// Elements of a `Vector`.
let lanes = 16

/// Bytes of sixteen words of a packed panel.
let wordBytes = 64

@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Vector {
  UnsafeRawPointer(pointer).loadUnaligned(as: Vector.self)
}

@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: vector, as: Vector.self)
}

/// Fewer elements than a vector has, zeros behind them.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>, count: Int) -> Vector {
  if count >= lanes { return load(pointer) }
  var vector = Vector()
  for lane in 0..<count { vector[lane] = pointer[lane] }
  return vector
}

/// The first `count` elements of a vector.
@inline(__always)
func store(_ vector: Vector, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
  if count >= lanes { return store(vector, pointer) }
  for lane in 0..<count { pointer[lane] = vector[lane] }
}

@inline(__always)
func bits(_ vector: Vector) -> Bits { unsafeBitCast(vector, to: Bits.self) }

@inline(__always)
func floats(_ bits: Bits) -> Vector { unsafeBitCast(bits, to: Vector.self) }

/// The sum of the lanes, halves upon halves: one order everywhere.
@inline(__always)
func total(_ vector: Vector) -> Float {
  let eight = vector.lowHalf + vector.highHalf
  let four = eight.lowHalf + eight.highHalf
  let two = four.lowHalf + four.highHalf
  return two.x + two.y
}

/// The largest of the lanes.
@inline(__always)
func largest(_ vector: Vector) -> Float {
  let (a, b) = (vector.lowHalf, vector.highHalf)
  let eight = a.replacing(with: b, where: b .> a)
  let (c, d) = (eight.lowHalf, eight.highHalf)
  let four = c.replacing(with: d, where: d .> c)
  return max(max(four.x, four.y), max(four.z, four.w))
}

/// Applies `body` to `count` elements, sixteen at a time, the last few padded with zeros.
@inline(__always)
func map(
  _ source: UnsafePointer<Float>, count: Int, into target: UnsafeMutablePointer<Float>,
  _ body: (_ x: Vector, _ index: Int, _ count: Int) -> Vector
) {
  var index = 0
  while index + lanes <= count {
    store(body(load(source + index), index, lanes), target + index)
    index += lanes
  }
  let rest = count - index
  if rest > 0 { store(body(load(source + index, count: rest), index, rest), target + index, count: rest) }
}

/// The sum of `body` over `count` elements in one fixed order: sixteen lanes, then across them.
@inline(__always)
func sum(_ source: UnsafePointer<Float>, count: Int, _ body: (Vector) -> Vector = { $0 }) -> Float {
  var lanesOfSum = Vector()
  var index = 0
  while index + lanes <= count {
    lanesOfSum += body(load(source + index))
    index += lanes
  }
  if index < count {
    // Lanes past the end count as zero whatever `body` makes of them.
    let tail = body(load(source + index, count: count - index))
    for lane in 0..<count - index { lanesOfSum[lane] += tail[lane] }
  }
  return total(lanesOfSum)
}
