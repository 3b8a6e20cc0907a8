import Checkpoint
import Glibc
import SoftMoEViT

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
  }

  /// More than any family leaves open; each takes a forward pass.
  private static let mostTrials = 5000

  /// The likeliest values that give the probe's answers.
  ///
  /// - Throws: `ImportError.option` when nothing does, with the nearest.
  func find(progress: (_ share: Double) -> Void) throws(ImportError) -> Outcome {
    var options = options
    options.imageSize = options.imageSize ?? (probe.size.height, probe.size.width)
    let runner = Runner()
    var counts: [Setting: Int]?
    var best: Outcome?
    var failure: ImportError?
    var index = 0
    for trial in try trials(options, &counts) {
      index += 1
      progress(Double(index) / Double(max(1, counts?.values.reduce(1, *) ?? 1)))
      do throws(ImportError) {
        let decisions = Decisions(options, evidence, trial: trial)
        let (plan, model) = try family.plan(source, options, decisions)
        let error = try runner.error(of: plan, probe) ?? .infinity
        if error < best?.error ?? .infinity {
          // The same but for the epsilon is decided by the nearest, else the likeliest that fits is it.
          best = Outcome(plan: plan, model: model, decisions: decisions, error: error)
        }
        if let best, best.error <= Probe.relativeBound, !differsInEpsilonAlone(trial, counts ?? [:]) { break }
      } catch {
        failure = failure ?? error
      }
    }
    guard let best else { throw failure ?? .option(name: "probe", problem: "its shapes are not the model's") }
    guard best.error <= Probe.relativeBound else {
      let values = best.decisions.made.filter { $0.origin == .probe }.map {
        "\($0.setting.rawValue) \($0.value)"
      }
      throw .option(
        name: "probe",
        problem: best.error.isFinite
          ? "nothing that was tried gives its answers to \(Probe.relativeBound) of the largest; the nearest was off by "
            + "\(best.error)" + (values.isEmpty ? "" : " with " + values.joined(separator: ", "))
          : "its image or its results have other shapes than the model's")
    }
    return best
  }

  /// Whether the next trial is this one with another epsilon.
  private func differsInEpsilonAlone(_ trial: [Setting: Int], _ counts: [Setting: Int]) -> Bool {
    (trial[.normEpsilon] ?? 0) + 1 < counts[.normEpsilon] ?? 1
  }

  /// All combinations, the epsilon varying fastest, those with the likeliest values first.
  private func trials(_ options: ImportOptions, _ counts: inout [Setting: Int]?) throws(ImportError)
    -> [[Setting: Int]]
  {
    let first = Decisions(options, evidence, trial: [:])
    _ = try family.plan(source, options, first)
    let found = first.candidateCounts
    counts = found
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
