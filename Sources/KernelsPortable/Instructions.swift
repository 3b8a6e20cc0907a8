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
