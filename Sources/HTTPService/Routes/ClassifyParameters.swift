import MicroHTTP

/// What a request to `/classify` asks for in its query.
struct ClassifyParameters: Equatable {
  private(set) var topK: Int
  private(set) var wantsLogits = false
  /// How many experts of each layer are explained, nil for none.
  private(set) var explainedExpertCount: Int?

  /// - Throws: `ServiceError.badRequest`, naming the parameter.
  init(_ query: HTTPQuery, classCount: Int, expertCount: Int) throws(ServiceError) {
    topK = min(5, classCount)
    var (isExplained, experts) = (false, min(5, expertCount))
    for item in query.items {
      switch item.name {
      case "top_k":
        guard let count = Int(decimal: item.value), (1...classCount).contains(count) else {
          throw .badRequest("top_k must be a whole number from 1 to \(classCount), the number of classes")
        }
        topK = count
      case "logits":
        wantsLogits = try Self.flag(item)
      case "explain":
        isExplained = try Self.flag(item)
      case "experts":
        guard let count = item.value == "all" ? expertCount : Int(decimal: item.value),
          (1...max(1, expertCount)).contains(count)
        else {
          throw .badRequest(
            "experts must be all or a whole number from 1 to \(max(1, expertCount)), how many experts of each layer are explained"
          )
        }
        experts = count
      default:
        throw .badRequest("unknown query parameter; /classify takes top_k, logits, explain and experts")
      }
    }
    if isExplained { explainedExpertCount = experts }
  }

  private static func flag(_ item: HTTPField) throws(ServiceError) -> Bool {
    switch item.value {
    case "", "1", "true": return true
    case "0", "false": return false
    default: throw .badRequest("\(item.name) must be 1 or 0")
    }
  }
}
