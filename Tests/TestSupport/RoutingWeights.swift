extension ExpectedValues {
  /// [m][s] of one image, from what `softmoe trace` wrote.
  ///
  /// - Parameter kind: "dispatch" or "combine".
  package func routingWeights(_ kind: String, layer: Int, image: Int) throws -> [[Double]] {
    guard let tensor = self["\(kind).\(layer)"] else {
      throw Command.Failure(description: "no \(kind) weights of layer \(layer)")
    }
    let slotCount = tensor.shape[2] * tensor.shape[3]
    let flat = tensor.slice(image).map(Double.init)
    return stride(from: 0, to: flat.count, by: slotCount).map { Array(flat[$0..<$0 + slotCount]) }
  }
}

/// The columns of rows.
package func columns(_ rows: [[Double]]) -> [[Double]] {
  rows[0].indices.map { column in rows.map { $0[column] } }
}

/// The mean of vectors, element by element.
package func mean(_ vectors: [[Double]]) -> [Double] {
  columns(vectors).map { $0.reduce(0, +) / Double(vectors.count) }
}
