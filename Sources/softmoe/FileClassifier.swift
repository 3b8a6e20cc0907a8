import FoundationEssentials
import ImageInput
import InferenceService

/// Why one file has no answer.
enum FileError: Error, CustomStringConvertible {
  case unreadable
  case image(ImageError)

  var description: String {
    switch self {
    case .unreadable: "can't read the file"
    case .image(let error): error.description
    }
  }
}

/// Decodes and classifies files in batches.
struct FileClassifier {
  let model: ServedModel
  private let decoder: ImageDecoder
  private let engine: InferenceEngine
  private static let maxBatch = 64

  init(model path: String, decode: DecodeMode) throws {
    model = try ServedModel(path: path)
    decoder = try ImageDecoder(preprocessing: model.preprocessing, mode: decode)
    engine = InferenceEngine(
      model.network, maxBatch: Self.maxBatch, threadCount: availableProcessorCount())
  }

  /// The logits of each file, in order.
  func classify(_ paths: [String]) -> [Result<[Float], FileError>] {
    var results: [Result<[Float], FileError>] = []
    for start in stride(from: 0, to: paths.count, by: Self.maxBatch) {
      let tensors = paths[start..<min(paths.count, start + Self.maxBatch)].map(tensor)
      let decoded = tensors.compactMap { try? $0.get() }
      var inferences = (decoded.isEmpty ? [] : engine.run(decoded.map { EngineInput(pixels: $0) }))
        .makeIterator()
      results += tensors.map { tensor in
        tensor.map { _ in inferences.next()?.logits ?? [] }
      }
    }
    return results
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
