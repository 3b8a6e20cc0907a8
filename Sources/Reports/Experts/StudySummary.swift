import Inference
import PlainText
import SoftMoEViT

/// A row for each layer with experts, for the terminal and the report.
package struct StudySummary {
  package let columns: [(name: String, meaning: String)]
  package let rows: [[String]]

  package init(_ study: ExpertStudy) {
    let profile = study.profile
    columns =
      [
        ("layer", "the block's index in the model"),
        ("experts", "how many the layer has"),
      ]
      + (study.router == .soft ? [("slots", "of all its experts together")] : [])
      + [
        ("effective experts", "exp of the entropy of the experts' shares: how many carry the layer"),
        ("Gini", "how unequal the experts' shares are: 0 is balanced"),
        ("max/mean", "the busiest expert's share over the mean one's"),
      ]
      + Self.routingColumns(study.router)
      + (profile == nil
        ? []
        : [
          (
            "divergence",
            "Jensen–Shannon divergence of the \(study.router == .soft ? "slots" : "experts")' shares from the model's profile, in bits"
          ),
          ("its limit", "up to where that is chance"),
        ])
    rows = study.usage.enumerated().map { index, usage in
      let layer = usage.layer
      let balance = [usage.effectiveExperts, usage.gini, usage.maxOverMean].map(hundredths)
      let drift = profile.map {
        [significant($0.divergence(of: usage, at: index)), significant($0.layers[index].divergenceLimit)]
      }
      let sizes = [layer.block, layer.expertCount] + (layer.isSparse ? [] : [layer.slotCount])
      return sizes.map(String.init) + balance + Self.routing(usage) + (drift ?? [])
    }
  }

  /// What the router's kind has numbers for.
  private static func routingColumns(_ router: RouterKind) -> [(name: String, meaning: String)] {
    switch router {
    case .soft:
      [
        ("tokens a slot", "exp of the entropy of a slot's dispatch weights, mean over the slots"),
        ("largest weight", "the largest dispatch weight of a slot, mean over the slots"),
      ]
    case .tokensChoice:
      [
        ("tokens an expert", "how many of an image's tokens an expert takes, mean over the experts"),
        ("dropped", "of the tokens' choices those whose expert had no more room"),
        ("unmet tokens", "of the tokens those that no expert took"),
      ]
    case .expertsChoice:
      [
        ("tokens an expert", "how many of an image's tokens an expert takes, mean over the experts"),
        ("unmet tokens", "of the tokens those that no expert took"),
      ]
    }
  }

  private static func routing(_ usage: LayerUsage) -> [String] {
    let tokens = hundredths(mean(usage.effectiveTokens))
    guard let choices = usage.choices else { return [tokens, percent(mean(usage.largestDispatch))] }
    let dropped = usage.layer.router == .tokensChoice ? [percent(choices.droppedShare)] : []
    return [tokens] + dropped + [percent(choices.unmetTokenShare)]
  }
}

/// Of one value or more.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
