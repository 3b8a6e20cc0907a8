/// ½·x·(1 + tanh u) = x / (1 + e⁻²ᵘ) with u = √(2/π)·(x + 0.044715·x³).
@inline(always)
func geluTanh(_ x: Vector) -> Vector {
  x / (1 + exp(x * fused(x * x, -0.071_354_816, -1.595_769_12)))
}

/// x·Φ(x) = max(x, 0) − |x|·Φ(−|x|), and Φ(−|x|) = eᵖ with p a polynomial in |x|.
///
/// Within 4·10⁻⁸·max(1, |x|); p falls without end, so what is far below zero becomes nothing.
@inline(always)
func geluErf(_ x: Vector) -> Vector {
  let t = magnitude(x)
  var p = fused(t, -1.974_902_553e-8, 5.909_844_845e-7)
  p = fused(p, t, -7.563_663_530e-6)
  p = fused(p, t, 5.274_124_851e-5)
  p = fused(p, t, -1.925_682_009e-4)
  p = fused(p, t, -4.044_100_024e-6)
  p = fused(p, t, 4.822_298_884e-3)
  p = fused(p, t, -3.635_584_936e-2)
  p = fused(p, t, -3.183_050_454e-1)
  p = fused(p, t, -7.978_850_007e-1)
  p = fused(p, t, -6.931_471_825e-1)
  return fused(-t, exp(bounded: p), x.replacing(with: 0, where: x .< 0))
}

/// x·σ(s·x) = x / (1 + e⁻ˢˣ): SiLU for s = 1, CLIP's GELU for s = 1.702.
@inline(always)
func sigmoidWeighted(_ x: Vector, _ s: Float) -> Vector { x / (1 + exp(x * -s)) }

/// max(x, 0); NaN stays NaN.
@inline(always)
func relu(_ x: Vector) -> Vector { x.replacing(with: 0, where: x .< 0) }

/// tanh x within 2 ulp.
///
/// Up to 1 an odd polynomial; beyond it 1 − 2/(1 + e²ˣ), with x's sign.
@inline(always)
func tanh(_ x: Vector) -> Vector {
  let s = x * x
  var p = fused(s, -3.625_258_396e-4, 2.315_476_071e-3)
  p = fused(p, s, -7.965_227_589e-3)
  p = fused(p, s, 2.149_941_213e-2)
  p = fused(p, s, -5.388_410_762e-2)
  p = fused(p, s, 1.333_241_165e-1)
  p = fused(p, s, -3.333_329_856e-1)
  let near = fused(x * s, p, x)
  // Of |x|: the sum of two near −2 and 1 would lose a place.
  let far = 1 - 2 / (1 + exp(2 * magnitude(x)))
  return far.replacing(with: -far, where: x .< 0).replacing(with: near, where: s .< 1)
}

/// erf x within 2 ulp.
///
/// Up to 0.9375 an odd polynomial; beyond it 1 − eᵖ, p a polynomial in |x|.
@inline(always)
func erf(_ x: Vector) -> Vector {
  let s = x * x
  var p = fused(s, 8.215_426_351e-5, -8.105_965_680e-4)
  p = fused(p, s, 5.197_797_436e-3)
  p = fused(p, s, -2.685_810_439e-2)
  p = fused(p, s, 1.128_367_260e-1)
  p = fused(p, s, -3.761_263_192e-1)
  p = fused(p, s, 1.283_792_257e-1)
  // 2/√π = 1.128…: its whole part is x itself.
  let near = fused(x, p, x)
  var t = magnitude(x)
  t.replace(with: Vector(repeating: 6), where: t .> 6)
  var q = fused(t, 1.136_946_935e-6, -3.622_457_371e-5)
  q = fused(q, t, 5.162_226_735e-4)
  q = fused(q, t, -4.401_315_004e-3)
  q = fused(q, t, 2.547_695_860e-2)
  q = fused(q, t, -1.085_676_700e-1)
  q = fused(q, t, -6.332_685_351e-1)
  q = fused(q, t, -1.129_481_673)
  q = fused(q, t, 1.555_882_627e-4)
  let far = 1 - exp(q)
  return far.replacing(with: -far, where: x .< 0).replacing(with: near, where: s .< 0.878_906_25)
}

@inline(always)
private func magnitude(_ x: Vector) -> Vector { floats(bits(x) & 0x7FFF_FFFF) }
