import Dispatch
import FoundationEssentials
import ImageInput
import Inference
import Synchronization

/// Why one file has no answer.
enum FileError: Error, CustomStringConvertible {
  case unreadable
  case image(ImageFailure)

  var description: String {
    switch self {
    case .unreadable: "can't read the file"
    case .image(.image(let error)): error.description
    case .image: "the model computes no finite numbers for it"
    }
  }
}

/// A model without a head where classes are wanted.
struct NoClassesError: Error, CustomStringConvertible {
  let model: String

  var description: String { "'\(model)' has no head, and so no classes; softmoe serve answers its features" }
}

/// Decodes files on all processors and runs them in batches.
struct FileClassifier {
  let model: OpenedModel
  private let running: RunningModel
  private static let maxBatch = 64

  init(model path: String, decode: DecodeMode) throws {
    model = try OpenedModel(path: path)
    var options = InferenceOptions()
    options.maxBatch = Self.maxBatch
    (options.threadCount, options.decodeThreadCount) = (availableProcessorCount(), availableProcessorCount())
    options.decodeMode = decode
    running = try RunningModel(model, on: Machine(options), options)
  }

  /// - Throws: `NoClassesError` for a model without a head.
  func requireClasses() throws(NoClassesError) {
    if model.labels.isEmpty { throw NoClassesError(model: model.name) }
  }

  /// The logits of each file, in order.
  func classify(_ paths: [String]) -> [Result<[Float], FileError>] {
    var results: [Result<[Float], FileError>] = []
    run(paths) { results.append($0.map(\.logits)) }
    return results
  }

  /// Runs files under a progress bar; those without an answer are named on standard error.
  ///
  /// - Parameter receive: is handed the place in `paths` of each of the others, and what the model says of it.
  /// - Returns: how many have no answer.
  func runNamingFailures(_ paths: [String], _ receive: (Int, Inference) -> Void) -> Int {
    let progress = ProgressBar("running")
    defer { progress.clear() }
    var (index, failures) = (0, 0)
    run(paths) { result in
      switch result {
      case .success(let inference): receive(index, inference)
      case .failure(let error):
        failures += 1
        progress.clear()
        printError("\(paths[index]): \(error)")
      }
      index += 1
      progress.show(Double(index) / Double(paths.count))
    }
    return failures
  }

  /// Hands on what the model says of each file, in order; two batches are in memory.
  private func run(_ paths: [String], _ receive: (Result<Inference, FileError>) -> Void) {
    var pending: [() -> [Result<Inference, FileError>]] = []
    for start in stride(from: 0, to: paths.count, by: Self.maxBatch) {
      pending.append(begin(paths[start..<min(paths.count, start + Self.maxBatch)]))
      if pending.count == 2 { pending.removeFirst()().forEach(receive) }
    }
    for results in pending { results().forEach(receive) }
  }

  /// Hands some files in.
  ///
  /// - Returns: what waits for their results.
  private func begin(_ paths: ArraySlice<String>) -> () -> [Result<Inference, FileError>] {
    let files = paths.map { path in (try? Data(contentsOf: URL(filePath: path))).map { [UInt8]($0) } }
    let results = Mutex<[ImageResult]>([])
    let done = DispatchSemaphore(value: 0)
    do throws(InferenceRefusal) {
      // Nobody else asks this machine, and nobody is in a hurry.
      let request = InferenceRequest(deadline: .now + .seconds(7 * 86_400))
      try running.infer(files.compactMap { $0.map { .encoded($0[...]) } }, request) { found in
        results.withLock { $0 = found }
        done.signal()
      }
    } catch {
      preconditionFailure("a machine of one's own has room for a batch")
    }
    return {
      done.wait()
      var found = results.withLock { $0 }[...]
      return files.map { file in
        guard file != nil, let result = found.popFirst() else { return .failure(.unreadable) }
        return result.map(\.inference).mapError { .image($0) }
      }
    }
  }
}
