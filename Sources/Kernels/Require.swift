/// Stops the program when a caller broke a kernel's contract.
///
/// `precondition` vanishes under -Ounchecked, with which this module is built; this check stays. Each
/// public kernel makes its checks once, before its loops.
@inline(__always)
func require(_ condition: Bool, _ contract: @autoclosure () -> String) {
  if !condition { fatalError("Kernels: " + contract()) }
}
