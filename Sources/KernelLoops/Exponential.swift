/// eˣ within 2 ulp for −87 ≤ x ≤ 88; below that it stays at e⁻⁸⁷, a hair above zero.
///
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2, then a polynomial in r times 2ⁿ. NaN stays NaN.
/// - Source: the coefficients are those of the Cephes library's expf.
@inline(always)
func exp(_ x: Vector) -> Vector { exp(bounded: x.replacing(with: Vector(repeating: 88), where: x .> 88)) }

/// eˣ where x is known to be 88 at most.
@inline(always)
func exp(bounded argument: Vector) -> Vector {
  let x = argument.replacing(with: Vector(repeating: -87), where: argument .< -87)
  // Adding 1.5·2²³ rounds to the nearest integer and leaves it in the low bits.
  let magic = Vector(repeating: 12_582_912)
  let shifted = fused(x, 1.442_695_04, magic)
  let n = shifted - magic
  let r = fused(n, 2.121_944_4e-4, fused(n, -0.693_359_375, x))
  var p = fused(r, 1.987_569_15e-4, 1.398_199_950_7e-3)
  p = fused(p, r, 8.333_451_907_3e-3)
  p = fused(p, r, 4.166_579_589_4e-2)
  p = fused(p, r, 1.666_666_545_9e-1)
  p = fused(p, r, 5.000_000_120_1e-1)
  p = fused(p, r * r, r + 1)
  // 2ⁿ by its exponent; a product keeps a NaN of any bits, which an addition to p's exponent would not.
  return p * floats(bits(shifted) &<< 23 &+ 0x3F80_0000)
}

/// `a · b + c`, in one rounding where the processor can.
@inline(always)
func fused(_ a: Vector, _ b: Vector, _ c: Vector) -> Vector {
  hasFusedMultiplyAdd ? c.addingProduct(a, b) : a * b + c
}

/// The same with a constant to multiply by or to add.
@inline(always)
func fused(_ a: Vector, _ b: Float, _ c: Vector) -> Vector { fused(a, Vector(repeating: b), c) }

@inline(always)
func fused(_ a: Vector, _ b: Vector, _ c: Float) -> Vector { fused(a, b, Vector(repeating: c)) }

@inline(always)
func fused(_ a: Vector, _ b: Float, _ c: Float) -> Vector {
  fused(a, Vector(repeating: b), Vector(repeating: c))
}
