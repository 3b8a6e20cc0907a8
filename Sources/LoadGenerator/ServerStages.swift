/// Milliseconds of each stage that `Server-Timing` tells of.
package struct ServerStages: Codable, Sendable, Equatable {
  /// From bytes to pixels.
  package internal(set) var decode: Double?
  /// From decoded until the batch began.
  package internal(set) var queue: Double?
  /// The forward pass of the batch.
  package internal(set) var inference: Double?
  /// From the request's arrival until the answer was made.
  package internal(set) var total: Double?

  private static let (decodeName, queueName) = (Array("decode".utf8), Array("queue".utf8))
  private static let (inferenceName, totalName) = (Array("inference".utf8), Array("total".utf8))
  private static let duration = Array("dur=".utf8)

  package init(
    decode: Double? = nil, queue: Double? = nil, inference: Double? = nil, total: Double? = nil
  ) {
    (self.decode, self.queue, self.inference, self.total) = (decode, queue, inference, total)
  }

  /// Reads `name;dur=MILLISECONDS, …`; other names and parameters are passed over.
  init(field: borrowing Span<UInt8>) {
    var start = 0
    while start < field.count {
      let end = field.firstIndex(of: UInt8(ascii: ","), from: start) ?? field.count
      read(metric: field.extracting(field.trimmed(start..<end)))
      start = end + 1
    }
  }

  private mutating func read(metric: Span<UInt8>) {
    guard let nameEnd = metric.firstIndex(of: UInt8(ascii: ";"), from: 0) else { return }
    let name = metric.extracting(metric.trimmed(0..<nameEnd))
    let parameter = metric.extracting(metric.trimmed(nameEnd + 1..<metric.count))
    guard parameter.count > 4, parameter.extracting(0..<4).equals(lowercased: Self.duration),
      let value = parameter.extracting(4..<parameter.count).decimal()
    else { return }
    if name.equals(lowercased: Self.decodeName) {
      decode = value
    } else if name.equals(lowercased: Self.queueName) {
      queue = value
    } else if name.equals(lowercased: Self.inferenceName) {
      inference = value
    } else if name.equals(lowercased: Self.totalName) {
      total = value
    }
  }
}
