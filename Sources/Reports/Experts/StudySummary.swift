import Inference
import PlainText

/// A row for each Soft MoE layer, for the terminal and the report.
package struct StudySummary {
  package let columns: [(name: String, meaning: String)]
  package let rows: [[String]]

  package init(_ study: ExpertStudy) {
    let profile = study.profile
    columns =
      [
        ("layer", "the block's index in the model"),
        ("experts", "how many the layer has"),
        ("slots", "of all its experts together"),
        ("effective experts", "exp of the entropy of the experts' shares: how many carry the layer"),
        ("Gini", "how unequal the experts' shares are: 0 is balanced"),
        ("max/mean", "the busiest expert's share over the mean one's"),
        ("tokens a slot", "exp of the entropy of a slot's dispatch weights, mean over the slots"),
        ("largest weight", "the largest dispatch weight of a slot, mean over the slots"),
      ]
      + (profile == nil
        ? []
        : [
          ("divergence", "Jensen–Shannon divergence of the slots' shares from the model's profile, in bits"),
          ("its limit", "up to where that is chance"),
        ])
    rows = study.usage.enumerated().map { index, usage in
      let layer = usage.layer
      let balance = [usage.effectiveExperts, usage.gini, usage.maxOverMean].map(hundredths)
      let slots = [hundredths(mean(usage.effectiveTokens)), percent(mean(usage.largestDispatch))]
      let drift = profile.map {
        [significant($0.divergence(of: usage, at: index)), significant($0.layers[index].divergenceLimit)]
      }
      return ["\(layer.block)", "\(layer.expertCount)", "\(layer.slotCount)"] + balance + slots
        + (drift ?? [])
    }
  }
}

/// Of one value or more.
func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
