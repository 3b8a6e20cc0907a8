import Checkpoint
import SoftMoEViT

/// Finds what tensors leave open by trying what gives a probe's answers.
struct ProbeSearch {
  private let probe: Probe
  private let family: any SourceFamily.Type
  private let source: SourceModel
  private let options: ImportOptions
  private let evidence: Evidence
  private let runner: ProbeRunner

  /// What a search found.
  struct Outcome {
    let plan: ImportPlan
    let model: SourceModel
    /// Each with what fits as well.
    let decisions: [Decision]
    /// As a share of the largest result.
    let error: Float
    /// Forward passes that it took.
    let passCount: Int
  }

  /// The place of a value among its setting's candidates; the first where a setting is not there.
  private typealias Trial = [Setting: Int]

  /// A trial that was run, and how far it was off.
  private struct Result {
    let trial: Trial
    let error: Float
  }

  /// What changes the blocks, those first that change the answers most.
  private static let blockSettings: [Setting] =
    [.heads] + Decisions.sparseSettings + [.blockNorm, .activation, .dispatchRounding, .normEpsilon]
  private static let fineSettings: Set<Setting> = [.dispatchRounding, .normEpsilon]

  init(
    probe: Probe, family: any SourceFamily.Type, source: SourceModel, options: ImportOptions,
    evidence: Evidence
  ) {
    (self.probe, self.family, self.source, self.options) = (probe, family, source, options)
    var evidence = evidence
    evidence.imageSize = Known(value: probe.size, origin: .probe)
    (self.evidence, runner) = (evidence, ProbeRunner(probe))
  }

  /// How many combinations are tried: 60 of a ViT-B/16's 35 GFLOP, more of smaller models, all of tiny ones.
  private static func mostTrials(_ model: ModelConfiguration) -> Int {
    let flop = ModelCost(model, expertBytes: 0, weightBytes: 0).flop(imageCount: 1)
    return Int(min(max(2e12 / max(1, flop), 60), 5000))
  }

  /// The likeliest values that give the probe's answers; of those that are so alike that several do, the nearest.
  ///
  /// - Throws: `ImportError.option` when nothing does, with the nearest.
  func find(progress: (_ share: Double) -> Void) throws(ImportError) -> Outcome {
    let first = try made([:])
    guard probe.fits(first.plan.configuration) else { throw otherShapes(than: first.plan.configuration) }
    let counts = candidateCounts(first.decisions.candidateCounts)
    let axes = Self.blockSettings.filter { counts[$0] ?? 1 > 1 }
    let mostTrials = Self.mostTrials(first.plan.configuration)
    var grid = GridSearch(
      counts: axes.map { counts[$0] ?? 1 },
      fineAxes: Set(axes.indices.filter { Self.fineSettings.contains(axes[$0]) }),
      alikeAxes: Set(axes.indices.filter { axes[$0].isOfSparseRouter }),
      // Experts that choose come after all in which tokens do.
      weights: axes.map { $0 == .router ? 100 : 1 }, bound: Probe.relativeBound)
    let total = min(grid.pointCount, mostTrials)
    var results: [GridSearch.Point: [Result]] = [:]
    var known: [String: [Result]] = [:]
    var failure: ImportError?
    try grid.run { point throws(ImportError) in
      guard runner.passCount < mostTrials else { return nil }
      progress(Double(results.count) / Double(total))
      let trial = Trial(uniqueKeysWithValues: zip(axes, point))
      // Settings may not matter beside others: then the model is one that was run.
      let name = (try? made(trial).decisions.made.map { "\($0.setting) \($0.value)" }.joined(separator: " "))
      let found: [Result]
      if let name, let before = known[name] {
        found = before.map { Result(trial: $0.trial.merging(trial) { $1 }, error: $0.error) }
      } else {
        found = try run(trial, poolingCount: counts[.pooling] ?? 1, &failure)
        if let name { known[name] = found }
      }
      results[point] = found
      return found.reduce(.infinity) { min($0, $1.error) }
    }
    guard let found = results[grid.best], let nearest = found.min(by: { $0.error < $1.error }) else {
      throw failure ?? .option(name: "probe", problem: "there is nothing to try")
    }
    guard grid.fits else { throw try nothingFits(nearest, grid, tried: results.count) }
    // The likeliest that is about as near: half the difference is the order of summation.
    let best = found.first { $0.error <= 2 * nearest.error } ?? nearest
    let chosen = try made(best.trial)
    var decisions = chosen.decisions.made
    for other in results.values.joined() where other.error <= Probe.relativeBound {
      let changed = Setting.allCases.filter { other.trial[$0] ?? 0 != best.trial[$0] ?? 0 }
      guard changed.count == 1, let index = decisions.firstIndex(where: { $0.setting == changed[0] }),
        let value = try made(other.trial).decisions.made.first(where: { $0.setting == changed[0] })?.value,
        // A setting may not matter beside others.
        value != decisions[index].value
      else { continue }
      decisions[index].alsoFit.append(Decision.Alternative(value: value, error: other.error))
    }
    for index in decisions.indices { decisions[index].alsoFit.sort { $0.error < $1.error } }
    return Outcome(
      plan: chosen.plan, model: chosen.model, decisions: decisions, error: best.error,
      passCount: runner.passCount)
  }

  /// How many values each setting has: some of a sparse router matter only beside certain values of others.
  private func candidateCounts(_ first: [Setting: Int]) -> [Setting: Int] {
    var counts = first
    for setting in Decisions.sparseSettings {
      for index in 1..<max(1, first[setting] ?? 1) {
        guard let other = try? made([setting: index]).decisions.candidateCounts else { continue }
        counts.merge(other) { max($0, $1) }
      }
    }
    return counts
  }

  private func made(_ trial: Trial) throws(ImportError) -> (
    plan: ImportPlan, model: SourceModel, decisions: Decisions
  ) {
    let decisions = Decisions(options, evidence, trial: trial)
    let (plan, model) = try family.plan(source, options, decisions)
    return (plan, model, decisions)
  }

  /// Runs a combination with all that may follow the blocks, in one pass.
  ///
  /// - Parameter failure: the first reason why something makes no model.
  private func run(_ blocks: Trial, poolingCount: Int, _ failure: inout ImportError?) throws(ImportError)
    -> [Result]
  {
    var (trials, plans): ([Trial], [ImportPlan]) = ([], [])
    func plan(_ trial: Trial) -> Decisions? {
      do throws(ImportError) {
        let made = try made(trial)
        trials.append(trial)
        plans.append(made.plan)
        return made.decisions
      } catch {
        failure = failure ?? error
        return nil
      }
    }
    for pooling in 0..<poolingCount {
      let trial = blocks.merging([.pooling: pooling]) { $1 }
      // What norms there may be depends on the pooling.
      guard let normCount = plan(trial)?.candidateCounts[.finalNorm] else { continue }
      for norm in 1..<max(1, normCount) { _ = plan(trial.merging([.finalNorm: norm]) { $1 }) }
    }
    return zip(trials, try runner.errors(of: plans)).compactMap { trial, error in
      error.map { Result(trial: trial, error: $0) }
    }
  }

  private func nothingFits(_ nearest: Result, _ grid: GridSearch, tried: Int) throws(ImportError)
    -> ImportError
  {
    let values = try made(nearest.trial).decisions.made.filter { $0.origin == .probe && $0.setting != .image }
      .map { "\($0.setting.rawValue) \($0.value)" }
    let rest =
      tried < grid.pointCount
      ? "; of \(grid.pointCount) combinations only the \(tried) likeliest were tried, fewer are left by each option "
        + "that you give" : ""
    return .option(
      name: "probe",
      problem:
        "nothing that was tried gives its answers to \(Probe.relativeBound) of the largest; in "
        + "\(runner.passCount) forward passes the nearest was off by \(nearest.error)"
        + (values.isEmpty ? "" : " with " + values.joined(separator: ", ")) + rest)
  }

  private func otherShapes(than model: ModelConfiguration) -> ImportError {
    .option(
      name: "probe",
      problem:
        "its images of \(probe.size.height)x\(probe.size.width) and \(probe.results[0].count) numbers for each "
        + "are not the model's, \(model.imageHeight)x\(model.imageWidth) and "
        + (probe.readsFeatures(of: model)
          ? "\(model.featureWidth) features" : "\(model.classCount) classes"))
  }
}
