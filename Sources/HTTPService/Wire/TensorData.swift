/// A response tensor's elements, row-major.
package enum TensorData: Sendable, Equatable {
  /// Numbers.
  case fp32([Float])
  /// Texts, which JSON shows as they are.
  case bytes([String])

  /// The protocol's name of the type.
  package var datatype: String {
    switch self {
    case .fp32: "FP32"
    case .bytes: "BYTES"
    }
  }

  /// How many bytes ``binary`` has.
  var binaryCount: Int {
    switch self {
    case .fp32(let values): 4 * values.count
    case .bytes(let texts): texts.reduce(0) { $0 + 4 + $1.utf8.count }
    }
  }

  /// Little-endian; each text behind its length in 32 bits.
  var binary: [UInt8] {
    switch self {
    case .fp32(let values): values.flatMap { littleEndian($0.bitPattern) }
    case .bytes(let texts): texts.flatMap { littleEndian(UInt32($0.utf8.count)) + Array($0.utf8) }
    }
  }
}

extension TensorData: Encodable {
  /// A flat array.
  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .fp32(let values): try values.encode(to: encoder)
    case .bytes(let texts): try texts.encode(to: encoder)
    }
  }
}

extension TensorData {
  /// The best classes of each row as texts `value:index:label`, best first, equal ones by index.
  ///
  /// - Parameters:
  ///   - rows: [n, c], c those of `labels`.
  ///   - count: how many classes of each row, from 1 to c.
  /// - Returns: [n, count].
  package static func classification(of rows: [Float], labels: [String], count: Int) -> TensorData {
    precondition((1...labels.count).contains(count) && rows.count.isMultiple(of: labels.count))
    return .bytes(
      stride(from: 0, to: rows.count, by: labels.count).flatMap { start in
        labels.indices.sorted { (rows[start + $0], $1) > (rows[start + $1], $0) }.prefix(count).map {
          "\(rows[start + $0]):\($0):\(labels[$0])"
        }
      })
  }
}

private func littleEndian(_ value: UInt32) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
