import Dispatch
import FoundationEssentials
import HTTPService
import ImageInput
import Inference
import SoftMoEViT

/// Why one file has no answer.
enum FileError: Error, CustomStringConvertible {
  case unreadable
  case image(ImageError)
  case notFinite(NonFiniteError)

  var description: String {
    switch self {
    case .unreadable: "can't read the file"
    case .image(let error): error.description
    case .notFinite(let error): error.description
    }
  }
}

/// Decodes and runs files in batches.
struct FileClassifier {
  let model: ServedModel
  private let decoder: ImageDecoder
  private let engine: InferenceEngine
  private let queue = DispatchQueue(label: "softmoe.compute")
  private static let maxBatch = 64

  init(model path: String, decode: DecodeMode) throws {
    model = try ServedModel(path: path)
    decoder = try ImageDecoder(preprocessing: model.preprocessing, mode: decode)
    engine = try InferenceEngine(
      model.network, maxBatch: Self.maxBatch, threads: ThreadPool(threadCount: availableProcessorCount()),
      kernels: KernelSet(.auto), queue: queue)
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

  /// Hands on what the model says of each file, in order; a batch at a time is in memory.
  private func run(_ paths: [String], _ receive: (Result<Inference, FileError>) -> Void) {
    for start in stride(from: 0, to: paths.count, by: Self.maxBatch) {
      let tensors = paths[start..<min(paths.count, start + Self.maxBatch)].map(tensor)
      let decoded = tensors.compactMap { try? $0.get() }
      var inferences =
        (decoded.isEmpty ? [] : queue.sync { engine.run(decoded.map { EngineInput(pixels: $0) }) })[...]
      for tensor in tensors {
        receive(tensor.flatMap { _ in inferences.removeFirst().mapError { .notFinite($0) } })
      }
    }
  }

  private func tensor(_ path: String) -> Result<[Float], FileError> {
    guard let data = try? Data(contentsOf: URL(filePath: path)) else { return .failure(.unreadable) }
    do throws(ImageError) {
      return .success(try decoder.tensor(from: [UInt8](data)))
    } catch {
      return .failure(.image(error))
    }
  }
}
