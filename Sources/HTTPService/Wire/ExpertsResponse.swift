import Inference

// The JSON of `/v1/experts`. Keys are snake_case; docs/experts.md defines each number.

/// The answer to `/v1/experts`: every layer, without its slots.
struct ExpertsResponse: Encodable {
  struct Profile: Encodable { let images: Int }

  struct Layer: Encodable {
    let layer, expertCount, slotsPerExpert, tokenCount: Int
    let lifetime, window: UsageSummary

    enum CodingKeys: String, CodingKey {
      case layer, lifetime, window
      case expertCount = "expert_count"
      case slotsPerExpert = "slots_per_expert"
      case tokenCount = "token_count"
    }
  }

  let model, weights: String
  let windowSeconds: Double
  let lifetimeImages, windowImages: Int
  let profile: Profile?
  let layers: [Layer]

  enum CodingKeys: String, CodingKey {
    case model, weights, profile, layers
    case windowSeconds = "window_seconds"
    case lifetimeImages = "lifetime_images"
    case windowImages = "window_images"
  }
}

/// The answer to `/v1/experts/{layer}`: one layer, with its slots and tokens.
struct LayerResponse: Encodable {
  let model, weights: String
  let windowSeconds: Double
  let layer, expertCount, slotsPerExpert, tokenCount: Int
  let grid: Grid
  let lifetime, window: UsageSummary

  enum CodingKeys: String, CodingKey {
    case model, weights, layer, grid, lifetime, window
    case windowSeconds = "window_seconds"
    case expertCount = "expert_count"
    case slotsPerExpert = "slots_per_expert"
    case tokenCount = "token_count"
  }
}
