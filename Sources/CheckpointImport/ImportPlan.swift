import Checkpoint
import SoftMoEViT

/// What an import will write: a configuration, and each tensor with where its numbers come from.
struct ImportPlan {
  let configuration: ModelConfiguration
  var tensors: [PlannedTensor]

  /// A plan without tensors yet.
  ///
  /// - Throws: `ImportError.configuration`, before sizes that make no sense are multiplied.
  init(_ configuration: ModelConfiguration, _ tensors: [PlannedTensor] = []) throws(ImportError) {
    do throws(ConfigurationError) { try configuration.validate() } catch { throw .configuration(error) }
    (self.configuration, self.tensors) = (configuration, tensors)
  }
}

/// One tensor to write. `pieces` hands its elements over in order, a bounded number at a time.
struct PlannedTensor {
  /// How a tensor may be stored.
  enum Role {
    /// Float, row-major.
    case vector
    /// A weight matrix: in panels, maybe in fewer bits.
    case matrix
    /// The router's matrix: in panels, always Float, since its softmaxes feel every bit.
    case router
  }

  let name: TensorName
  let shape: [Int]
  let role: Role
  let pieces: (_ emit: ([Float]) throws -> Void) throws -> Void
}

extension PlannedTensor {
  /// How a checkpoint has it.
  ///
  /// - Parameter matrixType: what matrices are stored as.
  func described(_ matrixType: ElementType) -> CheckpointWriter.Description {
    CheckpointWriter.Description(
      name: "\(name)", type: role == .matrix ? matrixType : .f32,
      arrangement: role == .vector ? .rowMajor : .panels, shape: shape)
  }

  /// The sources one after another, as they are, under a new shape.
  static func copy(_ name: TensorName, _ shape: [Int], of sources: [LazyTensor], role: Role = .vector)
    -> Self
  {
    PlannedTensor(name: name, shape: shape, role: role) { emit in
      for source in sources {
        for start in stride(from: 0, to: source.count, by: SourceModel.pieceCount) {
          try emit(source.floats(start..<min(source.count, start + SourceModel.pieceCount)))
        }
      }
    }
  }

  /// Matrices stored (out, in), written [in, out], one after another.
  static func transposed(
    _ name: TensorName, _ shape: [Int], of sources: [LazyTensor], rows: Int, columns: Int
  )
    -> Self
  {
    PlannedTensor(name: name, shape: shape, role: .matrix) { emit in
      for source in sources {
        let matrixCount = source.count / (rows * columns)
        for matrix in 0..<matrixCount {
          let values = source.floats(matrix * rows * columns..<(matrix + 1) * rows * columns)
          try emit(transpose(values, rows: rows, columns: columns))
        }
      }
    }
  }

  /// Matrices [rows, columns_i] side by side: row by row, a row of each; as many rows a piece as fit.
  static func sideBySide(_ name: TensorName, _ shape: [Int], of sources: [LazyTensor], rows: Int) -> Self {
    PlannedTensor(name: name, shape: shape, role: .matrix) { emit in
      let widths = sources.map { $0.count / rows }
      let total = widths.reduce(0, +)
      let step = max(1, SourceModel.pieceCount / max(1, total))
      for start in stride(from: 0, to: rows, by: step) {
        let count = min(rows - start, step)
        var piece = [Float](repeating: 0, count: count * total)
        var column = 0
        for (source, width) in zip(sources, widths) {
          let values = source.floats(start * width..<(start + count) * width)
          for row in 0..<count {
            let target = row * total + column
            piece.replaceSubrange(target..<target + width, with: values[row * width..<(row + 1) * width])
          }
          column += width
        }
        try emit(piece)
      }
    }
  }

  /// The router's matrix [d, s] of phi [d, n, p] and the learned scale, if there is one.
  static func router(
    _ name: TensorName, _ moe: ModelConfiguration.SoftMoE, phi: LazyTensor, scale: LazyTensor?
  ) -> Self {
    PlannedTensor(name: name, shape: [phi.shape[0], moe.slotCount], role: .router) { emit in
      try emit(moe.routerKernel(phi: phi.floats(), scale: scale?.floats()[0] ?? 1))
    }
  }

  /// Values made here.
  static func values(_ name: TensorName, _ shape: [Int], _ values: [Float], role: Role = .vector) -> Self {
    PlannedTensor(name: name, shape: shape, role: role) { emit in try emit(values) }
  }
}

/// [rows, columns] → [columns, rows].
func transpose(_ values: [Float], rows: Int, columns: Int) -> [Float] {
  var result = [Float](repeating: 0, count: values.count)
  // Blocks of 32 keep both sides' cache lines in use.
  for firstRow in stride(from: 0, to: rows, by: 32) {
    for firstColumn in stride(from: 0, to: columns, by: 32) {
      for row in firstRow..<min(rows, firstRow + 32) {
        for column in firstColumn..<min(columns, firstColumn + 32) {
          result[column * rows + row] = values[row * columns + column]
        }
      }
    }
  }
  return result
}
