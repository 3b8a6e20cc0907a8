import Checkpoint
import Inference
import Synchronization

/// The checkpoint that is served, opened at the start and again at every reload.
final class ModelSource: Sendable {
  private let path: String
  /// What the operator asked for, which holds for both.
  private let verification: Verification?
  private let hasBeenOpened = Atomic(false)

  init(path: String, verification: Verification?) { (self.path, self.verification) = (path, verification) }

  /// Opens it. Unless another is asked for, the start trusts the file but for its header, which is quick; a reload reads
  /// all of it, as the model before serves meanwhile and a file that was replaced may have been cut or damaged on its way.
  func open() throws(ServedModelError) -> ServedModel {
    let isReload = hasBeenOpened.exchange(true, ordering: .relaxed)
    return try ServedModel(path: path, verification: verification ?? (isReload ? .full : .header))
  }
}
