/// What a file holds: weights by name, and the names of what is no weight.
package struct SourceFile {
  /// More than any model has, with its optimizer's.
  static let mostTensors = 1 << 20

  package var tensors: [SourceTensor] = []
  /// Integers, booleans and the like.
  package var setAside: [String] = []

  init(_ tensors: [SourceTensor] = [], setAside: [String] = []) {
    (self.tensors, self.setAside) = (tensors, setAside)
  }
}
