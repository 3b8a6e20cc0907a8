/// What this module is compiled for.
let instructionsOfThisModule = "AVX2"
/// Vectors of sixteen Floats that a block may keep in registers.
let capacity = 6
/// Whether the processor multiplies and adds in one step.
let hasFusedMultiplyAdd = true
