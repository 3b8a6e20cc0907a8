@_exported import CheckpointFormat

/// Columns of a panel.
@inlinable package var panelWidth: Int { PanelLayout.width }

/// Panels of a matrix with that many columns; the last one is filled up with zeros.
@inlinable package func panelCount(_ columns: Int) -> Int { PanelLayout.count(columns: columns) }

/// The left operand of a product, [rows, k]: element (row, i) is at `row · rowStride + i · kStride`.
package struct LeftOperand {
  package let base: UnsafePointer<Float>
  package let rowStride, kStride: Int

  package init(base: UnsafePointer<Float>, rowStride: Int, kStride: Int = 1) {
    (self.base, self.rowStride, self.kStride) = (base, rowStride, kStride)
  }

  /// The same from another row on.
  package func from(row: Int) -> LeftOperand {
    LeftOperand(base: base + row * rowStride, rowStride: rowStride, kStride: kStride)
  }
}

/// The right operand of a product, [k, columns], packed panel by panel as `PanelLayout` says.
package struct PackedOperand {
  package let base: UnsafeRawPointer
  package let element: ElementType
  package let k: Int

  package init(base: UnsafeRawPointer, element: ElementType, k: Int) {
    (self.base, self.element, self.k) = (base, element, k)
  }

  /// Bytes from one panel to the next.
  package var panelStride: Int { PanelLayout.byteCount(rows: k, element) }

  /// The panel that begins at a column, a multiple of 16.
  package func panel(at column: Int) -> UnsafeRawPointer {
    base + column / panelWidth * panelStride
  }
}

/// What becomes of a product's elements: `target = finish(product + bias)`.
package struct Finish {
  package enum Kind: Sendable {
    /// `target = x`.
    case store
    /// `target = activation(x)`.
    case activate(Activation)
    /// `target += gain · x`.
    case accumulate
    /// `target *= x`.
    case multiply
  }

  package let kind: Kind
  /// Each [columns], or nil.
  package let bias, gain: UnsafePointer<Float>?

  package init(_ kind: Kind, bias: UnsafePointer<Float>? = nil, gain: UnsafePointer<Float>? = nil) {
    (self.kind, self.bias, self.gain) = (kind, bias, gain)
  }
}

/// Where a product goes: rows `stride` apart; column 0 is the right operand's.
package struct Target {
  package let base: UnsafeMutablePointer<Float>
  package let stride: Int

  package init(base: UnsafeMutablePointer<Float>, stride: Int) { (self.base, self.stride) = (base, stride) }

  /// The same from another row on.
  package func from(row: Int) -> Target { Target(base: base + row * stride, stride: stride) }
}
