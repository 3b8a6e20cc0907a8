/// What this module is compiled for.
let instructionsOfThisModule = "portable"
/// Vectors of sixteen Floats that a block may keep in registers.
let capacity = 6
/// Whether the processor multiplies and adds in one step.
#if arch(arm64)
  let hasFusedMultiplyAdd = true
#else
  let hasFusedMultiplyAdd = false
#endif
/// Sums that run beside each other when the peak is measured: eight of sixteen registers, or sixteen of NEON's
/// thirty-two, and their two constants in others.
#if arch(arm64)
  typealias PeakSums = InlineArray<4, Vector>
#else
  typealias PeakSums = InlineArray<2, Vector>
#endif
