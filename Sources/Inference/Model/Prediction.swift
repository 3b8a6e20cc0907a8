import Glibc

/// One class of an answer.
package struct Prediction: Codable, Sendable, Equatable {
  /// The class' name.
  package let label: String
  /// Its place in the model's classes, from 0.
  package let index: Int
  /// softmax(logits)[index].
  package let probability: Float

  /// The `count` likeliest classes, likeliest first; equal ones by index.
  package static func top(_ count: Int, logits: [Float], labels: [String]) -> [Prediction] {
    let probabilities = softmax(logits)
    let order = probabilities.indices.sorted {
      probabilities[$0] != probabilities[$1] ? probabilities[$0] > probabilities[$1] : $0 < $1
    }
    return order.prefix(count).map {
      Prediction(label: labels[$0], index: $0, probability: probabilities[$0])
    }
  }
}

/// exp(x − max) / Σ, summed in Double.
package func softmax(_ logits: [Float]) -> [Float] {
  let maximum = logits.max() ?? 0
  let exponentials = logits.map { exp(Double($0 - maximum)) }
  let total = exponentials.reduce(0, +)
  return exponentials.map { Float($0 / total) }
}
