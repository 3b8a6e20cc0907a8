import Checkpoint
import Glibc
import SoftMoEViT

/// Runs plans on a probe; all share one file of weights.
final class ProbeRunner {
  /// Forward passes of an image through all blocks.
  private(set) var passCount = 0
  private let probe: Probe
  private let folder: String
  private var opened: (names: Set<String>, headCount: Int, checkpoint: Checkpoint)?
  private var pool: ThreadPool?

  init(_ probe: Probe) {
    self.probe = probe
    var template = Array(
      "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/softmoe-probe-XXXXXX".utf8CString)
    _ = mkdtemp(&template)
    folder = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
  }

  deinit { rmdir(folder) }

  /// How far plans are off that differ only in what follows the blocks: they take one pass together.
  ///
  /// Further images are run while one of them is right so far.
  /// - Returns: an error for each plan, as a share of the largest result; nil where it has another shape than the probe.
  func errors(of plans: [ImportPlan]) throws(ImportError) -> [Float?] {
    guard let first = plans.first?.configuration else { return [] }
    var errors = plans.map { plan in
      probe.fits(plan.configuration) && plan.configuration.pooledWidth == first.pooledWidth
        ? Float(0) : nil
    }
    guard errors.contains(where: { $0 != nil }) else { return errors }
    let models = try models(of: plans)
    do throws(MachineError) {
      var workspace = try Workspace(
        for: first, maxImageCount: 1, threads: threads(), kernels: KernelSet(.auto))
      for (image, expected) in probe.results.enumerated() {
        let right = errors.indices.filter { errors[$0].map { $0 <= Probe.relativeBound } ?? false }
        guard let leader = right.first else { break }
        models[leader].load(probe.pixels(image, for: first), at: 0, &workspace)
        models[leader].forward(imageCount: 1, &workspace)
        passCount += 1
        for index in right {
          if index != leader { models[index].finish(imageCount: 1, &workspace) }
          let found =
            probe.readsFeatures(of: models[index].configuration)
            ? workspace.features(of: 0) : workspace.logits(of: 0)
          errors[index] = max(errors[index] ?? 0, Probe.difference(found, expected))
        }
      }
    } catch {
      throw .machine(error)
    }
    return errors
  }

  private func models(of plans: [ImportPlan]) throws(ImportError) -> [SoftMoEViT] {
    let checkpoint = try checkpoint(of: plans)
    var models: [SoftMoEViT] = []
    for plan in plans {
      do throws(ModelError) { models.append(try SoftMoEViT(checkpoint, plan.configuration)) } catch {
        throw .option(name: "probe", problem: "\(error)")
      }
    }
    return models
  }

  private func threads() throws(MachineError) -> ThreadPool {
    if let pool { return pool }
    let made = try ThreadPool(threadCount: max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
    pool = made
    return made
  }

  /// The weights of all plans: one of them may leave out the last norm.
  private func checkpoint(of plans: [ImportPlan]) throws(ImportError) -> Checkpoint {
    guard let fullest = plans.max(by: { $0.tensors.count < $1.tensors.count }) else {
      throw .option(name: "probe", problem: "there is nothing to try")
    }
    let names = Set(fullest.tensors.map { "\($0.name)" })
    if opened?.names.isSuperset(of: names) != true {
      opened = (names, fullest.configuration.headCount, try write(fullest.tensors))
    }
    guard let opened else { return try write(fullest.tensors) }
    // The query of an attention pool is folded by heads; nothing else of the tensors depends on what is tried.
    let query = "\(TensorName(.mapHead)[.query])"
    guard opened.headCount != fullest.configuration.headCount, names.contains(query) else {
      return opened.checkpoint
    }
    let other = try write(fullest.tensors.filter { "\($0.name)" == query })
    return opened.checkpoint.replacing(tensorsOf: other)
  }

  private func write(_ tensors: [PlannedTensor]) throws(ImportError) -> Checkpoint {
    let path = folder + "/trial.smoe"
    defer { unlink(path) }
    do {
      var writer = try CheckpointWriter(
        path: path, metadata: ["name": "trial"], tensors: tensors.map { $0.described(.f32) })
      for tensor in tensors { try writer.append { emit in try tensor.pieces(emit) } }
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
