import SoftMoEViT
import Synchronization

/// Why a checkpoint is opened.
package enum LoadReason: Sendable {
  case start, reload
}

/// The model that answers, and how another one takes its place.
package final class ModelHost: Sendable {
  package let options: InferenceOptions
  package let machine: Machine
  private let open: @Sendable (LoadReason) throws(OpenedModelError) -> OpenedModel
  private let observe: @Sendable (InferenceEvent) -> Void
  private let state = Mutex(State())

  private struct State {
    var model: RunningModel?
    var failed = false
    var isLoading = false
  }

  /// A host without a model yet.
  ///
  /// - Parameters:
  ///   - observe: is told what happens to requests and images; called from several threads, it must not block.
  ///   - open: opens the checkpoint, now and at every reload.
  /// - Throws: `MachineError` when the engine's threads or kernels can't be had.
  package init(
    _ options: InferenceOptions, observe: @escaping @Sendable (InferenceEvent) -> Void,
    open: @escaping @Sendable (LoadReason) throws(OpenedModelError) -> OpenedModel
  ) throws(MachineError) {
    (self.options, self.observe, self.open) = (options, observe, open)
    machine = try Machine(options)
  }

  /// The model that answers, nil before the first is loaded.
  package var current: RunningModel? { state.withLock { $0.model } }

  /// Whether a model is being loaded.
  package var isLoading: Bool { state.withLock { $0.isLoading } }

  /// Whether the first model could not be loaded.
  package var hasFailed: Bool { state.withLock { $0.model == nil && $0.failed } }

  /// Opens the checkpoint, builds its engine, proves it, and lets it answer from the next request on.
  ///
  /// The model that answered before, if there was one, finishes what it accepted; when this throws, it stays.
  /// - Throws: `OpenedModelError`; `.busy` while another load is under way.
  package func load(_ reason: LoadReason) throws(OpenedModelError) -> RunningModel {
    guard
      state.withLock({ state in
        defer { state.isLoading = true }
        return !state.isLoading
      })
    else { throw .busy }
    defer { state.withLock { $0.isLoading = false } }
    do throws(OpenedModelError) {
      let model = try RunningModel(try open(reason), on: machine, options, observe: observe)
      // The one before goes with the last request that it has accepted; not under the lock.
      let replaced = state.withLock { state in
        defer { state.model = model }
        return state.model
      }
      withExtendedLifetime(replaced) {}
      return model
    } catch {
      state.withLock { $0.failed = true }
      throw error
    }
  }
}
