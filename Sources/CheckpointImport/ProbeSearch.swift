import Checkpoint
import Glibc
import SoftMoEViT

/// A setting that a probe does not decide: the value that was taken, and the others that fit.
package struct Undecided: Sendable {
  package let setting: Setting
  package let value: String
  package let others: [String]
}

/// Finds what tensors leave open by trying what gives a probe's answers.
struct ProbeSearch {
  let probe: Probe
  let family: any SourceFamily.Type
  let source: SourceModel
  let options: ImportOptions
  let evidence: Evidence

  /// What a search found.
  struct Outcome {
    let plan: ImportPlan
    let model: SourceModel
    let decisions: Decisions
    /// As a share of the largest result.
    let error: Float
    /// Settings of which other values give the probe's answers as well.
    var undecided: [Undecided] = []
  }

  /// More than any family leaves open; each takes a forward pass.
  private static let mostTrials = 5000

  /// The likeliest values that give the probe's answers; of activations and epsilons that are so alike that several do,
  /// the nearest.
  ///
  /// - Throws: `ImportError.option` when nothing does, with the nearest.
  func find(progress: (_ share: Double) -> Void) throws(ImportError) -> Outcome {
    var evidence = evidence
    evidence.imageSize = Known(value: probe.size, origin: .probe)
    let trials = try trials(evidence)
    let runner = Runner()
    var best: Outcome?
    var failure: ImportError?
    var tried: Set<String> = []
    /// - Parameter again: whether what was tried before is of interest.
    func attempt(_ trial: [Setting: Int], again: Bool = true) -> Outcome? {
      do throws(ImportError) {
        let decisions = Decisions(options, evidence, trial: trial)
        let (plan, model) = try family.plan(source, options, decisions)
        // Settings that don't matter beside others are not decided, and the model is the same.
        let isNew = tried.insert(decisions.made.map { "\($0.setting) \($0.value)" }.joined(separator: " "))
          .inserted
        guard isNew || again else { return nil }
        if let error = try runner.error(of: plan, probe) {
          return Outcome(plan: plan, model: model, decisions: decisions, error: error)
        }
        failure = failure ?? otherShapes(than: plan.configuration)
      } catch {
        failure = failure ?? error
      }
      return nil
    }
    for (index, trial) in trials.enumerated() {
      progress(Double(index) / Double(trials.count))
      guard let outcome = attempt(trial, again: false),
        outcome.error < best?.error ?? .greatestFiniteMagnitude || best == nil
      else { continue }
      best = outcome
      if outcome.error <= Probe.relativeBound {
        let alike = trials[index...].filter { other in
          other != trial
            && Setting.allCases.allSatisfy {
              $0 == .activation || $0 == .normEpsilon || other[$0] == trial[$0]
            }
        }
        let fitting = [outcome] + alike.compactMap { attempt($0) }
        let nearest = fitting.reduce(outcome.error) { min($0, $1.error) }
        // Half the difference is the order of summation.
        best = fitting.first { $0.error <= 2 * nearest }
        best?.undecided = undecided(trial, taken: outcome) { attempt($0) }
        break
      }
    }
    guard let best else { throw failure ?? .option(name: "probe", problem: "there is nothing to try") }
    guard best.error <= Probe.relativeBound else {
      let values = best.decisions.made.filter { $0.origin == .probe && $0.setting != .image }.map {
        "\($0.setting.rawValue) \($0.value)"
      }
      throw .option(
        name: "probe",
        problem:
          "nothing that was tried gives its answers to \(Probe.relativeBound) of the largest; the nearest was off by "
          + "\(best.error)" + (values.isEmpty ? "" : " with " + values.joined(separator: ", ")))
    }
    return best
  }

  /// The settings of a sparse router of which other values fit as well: where all tokens find room, a larger capacity
  /// changes nothing.
  private func undecided(
    _ trial: [Setting: Int], taken: Outcome, _ attempt: (_ trial: [Setting: Int]) -> Outcome?
  ) -> [Undecided] {
    guard taken.plan.configuration.moe?.router ?? .soft != .soft else { return [] }
    func value(_ setting: Setting, _ outcome: Outcome) -> String? {
      outcome.decisions.made.first { $0.setting == setting }?.value
    }
    return Decisions.sparseSettings.compactMap { setting in
      guard let count = taken.decisions.candidateCounts[setting], let own = value(setting, taken) else {
        return nil
      }
      var others: [String] = []
      for index in 0..<count where index != min(trial[setting] ?? 0, count - 1) {
        guard let other = attempt(trial.merging([setting: index]) { $1 }), other.error <= Probe.relativeBound,
          other.plan.configuration != taken.plan.configuration, let text = value(setting, other)
        else { continue }
        others.append(text)
      }
      return others.isEmpty ? nil : Undecided(setting: setting, value: own, others: others)
    }
  }

  private func otherShapes(than model: ModelConfiguration) -> ImportError {
    .option(
      name: "probe",
      problem:
        "its images of \(probe.size.height)x\(probe.size.width) and \(probe.results[0].count) numbers for each "
        + "are not the model's, \(model.imageHeight)x\(model.imageWidth) and "
        + (probe.isOfFeatures || model.classCount == 0
          ? "\(model.featureWidth) features" : "\(model.classCount) classes"))
  }

  /// How many candidates each setting has that is open.
  private func candidateCounts(_ evidence: Evidence) throws(ImportError) -> [Setting: Int] {
    let likeliest = Decisions(options, evidence, trial: [:])
    _ = try family.plan(source, options, likeliest)
    var counts = likeliest.candidateCounts
    for setting in Decisions.sparseSettings {
      for index in 1..<max(1, likeliest.candidateCounts[setting] ?? 1) {
        let other = Decisions(options, evidence, trial: [setting: index])
        _ = try? family.plan(source, options, other)
        counts.merge(other.candidateCounts) { max($0, $1) }
      }
    }
    return counts
  }

  /// All combinations, the epsilon varying fastest, those with the likeliest values first.
  private func trials(_ evidence: Evidence) throws(ImportError) -> [[Setting: Int]] {
    let found = try candidateCounts(evidence)
    var all: [[Setting: Int]] = [[:]]
    for setting in Setting.allCases where setting != .normEpsilon {
      guard let count = found[setting] else { continue }
      all = all.flatMap { trial in (0..<count).map { trial.merging([setting: $0]) { $1 } } }
    }
    all.sort { $0.values.reduce(0, +) < $1.values.reduce(0, +) }
    let epsilons = found[.normEpsilon] ?? 1
    return Array(
      all.flatMap { trial in (0..<epsilons).map { trial.merging([.normEpsilon: $0]) { $1 } } }
        .prefix(Self.mostTrials))
  }
}

/// Runs plans on a probe; plans with the same tensors share one file.
private final class Runner {
  private let folder: String
  private var opened: (heads: Int, checkpoint: Checkpoint)?
  private var workspace: (configuration: ModelConfiguration, threads: ThreadPool)?

  init() {
    var template = Array(
      "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/softmoe-probe-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  deinit { rmdir(folder) }

  func error(of plan: ImportPlan, _ probe: Probe) throws(ImportError) -> Float? {
    let configuration = plan.configuration
    // The query of an attention pool is folded by heads; nothing else of the tensors depends on what is tried.
    let heads = configuration.pooling == .map ? configuration.headCount : 0
    if opened?.heads != heads { opened = (heads, try write(plan)) }
    guard let checkpoint = opened?.checkpoint else { return nil }
    let model: SoftMoEViT
    do throws(ModelError) { model = try SoftMoEViT(checkpoint, configuration) } catch {
      throw .option(name: "probe", problem: "\(error)")
    }
    do throws(MachineError) {
      var workspace = try Workspace(
        for: configuration, maxImageCount: 1, threads: threads(), kernels: KernelSet(.auto))
      return probe.error(of: model, &workspace)
    } catch {
      throw .machine(error)
    }
  }

  private var pool: ThreadPool?

  private func threads() throws(MachineError) -> ThreadPool {
    if let pool { return pool }
    let made = try ThreadPool(threadCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    pool = made
    return made
  }

  private func write(_ plan: ImportPlan) throws(ImportError) -> Checkpoint {
    let path = folder + "/trial.smoe"
    defer { unlink(path) }
    do {
      var writer = try CheckpointWriter(
        path: path, metadata: ["name": "trial"], tensors: plan.tensors.map { $0.described(.f32) })
      for tensor in plan.tensors { try writer.append { emit in try tensor.pieces(emit) } }
      try writer.finish()
      return try Checkpoint(path: path)
    } catch let error as CheckpointError {
      throw .checkpoint(error)
    } catch let error as ImportError {
      throw error
    } catch {
      throw .option(name: "probe", problem: "\(error)")
    }
  }
}
