/// What this module is compiled for.
let instructionsOfThisModule = "AVX-512"
/// Vectors of sixteen Floats that a block may keep in registers.
let capacity = 24
/// Whether the processor multiplies and adds in one step.
let hasFusedMultiplyAdd = true
