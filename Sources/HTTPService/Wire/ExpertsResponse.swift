import Inference

// The JSON of `/v1/experts`. Keys are snake_case; docs/experts.md defines each number.

/// The answer to `/v1/experts`: every layer, without its slots.
struct ExpertsResponse: Encodable {
  struct Profile: Encodable { let images: Int }

  struct Layer: Encodable {
    let sizes: LayerSizes
    let lifetime, window: UsageSummary

    enum CodingKeys: String, CodingKey { case lifetime, window }

    func encode(to encoder: any Encoder) throws {
      try sizes.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(lifetime, forKey: .lifetime)
      try container.encode(window, forKey: .window)
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
  let grid: Grid
  let layer: ExpertsResponse.Layer

  enum CodingKeys: String, CodingKey {
    case model, weights, grid
    case windowSeconds = "window_seconds"
  }

  func encode(to encoder: any Encoder) throws {
    try layer.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(model, forKey: .model)
    try container.encode(weights, forKey: .weights)
    try container.encode(windowSeconds, forKey: .windowSeconds)
    try container.encode(grid, forKey: .grid)
  }
}
