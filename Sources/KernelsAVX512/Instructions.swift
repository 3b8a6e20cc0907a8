/// What this module is compiled for.
let instructionsOfThisModule = "AVX-512"
/// Vectors of sixteen Floats that a block may keep in registers.
let capacity = 24
/// Whether the processor multiplies and adds in one step.
let hasFusedMultiplyAdd = true
/// Sums that run beside each other when the peak is measured: twelve of thirty-two registers, and their two constants in others.
typealias PeakSums = InlineArray<12, Vector>
