/// What this module is compiled for.
let instructionsOfThisModule = "AVX2"
/// Vectors of sixteen Floats that a block may keep in registers.
let capacity = 6
/// Whether the processor multiplies and adds in one step.
let hasFusedMultiplyAdd = true
/// Sums that run beside each other when the peak is measured: twelve of sixteen registers, and their two constants in others.
typealias PeakSums = InlineArray<6, Vector>
