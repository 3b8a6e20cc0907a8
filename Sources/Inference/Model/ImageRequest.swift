import ImageInput
import Synchronization

/// A request's images from their sources to their results.
final class ImageRequest: MachineRequest {
  private struct Image {
    /// Given up as soon as it is decoded.
    var source: ImageSource?
    var pixels: [Float] = []
    var photo: RGBImage?
    var readySince = ContinuousClock.now
    var decodeDuration: Duration?
    var result: ImageResult?
  }

  private struct State {
    var images: [Image]
    var missing: Int
    /// Kept for the images that are not decoded.
    var owner: (any Sendable)?
    var undecoded: Int
  }

  let extras: InferenceExtras
  private let model: RunningModel
  private let request: InferenceRequest
  /// What each image that is worth any work needs, as the machine counts them.
  let preparations: [Preparation?]
  /// Where these stand among all images.
  private let places: [Int]
  private let state: Mutex<State>
  private let completion: @Sendable ([ImageResult]) -> Void

  /// Judges every image by its head; one that fails has its result.
  init(
    _ model: RunningModel, _ request: InferenceRequest, _ sources: [ImageSource],
    completion: @escaping @Sendable ([ImageResult]) -> Void
  ) {
    (self.model, self.completion) = (model, completion)
    extras = request.extras
    var withoutOwner = request
    withoutOwner.owner = nil
    self.request = withoutOwner
    var (images, preparations, places): ([Image], [Preparation?], [Int]) = ([], [], [])
    for (place, source) in sources.enumerated() {
      do throws(ImageError) {
        switch source {
        case .encoded(let bytes):
          preparations.append(Preparation(try model.decoder.head(of: bytes)))
          images.append(Image(source: source))
        case .pixels(let pixels):
          preparations.append(nil)
          images.append(Image(pixels: pixels))
        }
        places.append(place)
      } catch {
        images.append(Image(result: .failure(.image(error))))
      }
    }
    (self.preparations, self.places) = (preparations, places)
    let undecoded = preparations.count { $0 != nil }
    state = Mutex(
      State(
        images: images, missing: places.count, owner: undecoded > 0 ? request.owner : nil,
        undecoded: undecoded))
  }

  /// The results of images none of which is worth any work.
  var results: [ImageResult] { state.withLock { $0.images.compactMap(\.result) } }

  var isWanted: Bool { request.isWanted() }

  func prepare(_ index: Int) -> Bool {
    guard case .encoded(let bytes)? = state.withLock({ $0.images[places[index]].source }) else { return true }
    let start = ContinuousClock.now
    let decoded = Result { () throws(ImageError) in
      let photo = try model.decoder.pixels(from: bytes)
      return (photo, model.decoder.tensor(of: photo))
    }
    let duration = start.duration(to: .now)
    switch decoded {
    case .success((let photo, let pixels)):
      model.tell(.decoded(model: model.id, duration, isGood: true))
      state.withLock { state in
        state.images[places[index]] = Image(
          pixels: pixels, photo: extras.photo ? photo : nil, decodeDuration: duration)
        release(&state)
      }
      return true
    case .failure(let error):
      model.tell(.decoded(model: model.id, duration, isGood: false))
      finish(index, .failure(.image(error)))
      return false
    }
  }

  func drop(_ index: Int, _ reason: Scheduler.DropReason) {
    model.tell(.dropped(reason))
    finish(index, .failure(reason == .expired ? .expired : .abandoned))
  }

  /// The pixels for the engine.
  func input(_ index: Int) -> EngineInput {
    EngineInput(pixels: state.withLock { $0.images[places[index]].pixels }, extras: extras)
  }

  /// Since when an image has waited for its batch.
  func readySince(_ index: Int) -> ContinuousClock.Instant {
    state.withLock { $0.images[places[index]].readySince }
  }

  /// What the model says of an image; nil where it is no finite number.
  func answer(_ index: Int, _ inference: Inference?, _ timing: BatchTiming) {
    let image = state.withLock { $0.images[places[index]] }
    guard let inference else {
      model.tell(.notFinite(model: model.id))
      return finish(index, .failure(image.decodeDuration == nil ? .pixelsNotFinite : .modelNotFinite))
    }
    finish(
      index,
      .success(
        ImageAnswer(
          inference: inference, timing: timing, photo: image.photo,
          decodeDuration: image.decodeDuration)))
  }

  /// One image less needs the sources' owner.
  private func release(_ state: inout State) {
    state.undecoded -= 1
    if state.undecoded == 0 { state.owner = nil }
  }

  private func finish(_ index: Int, _ result: ImageResult) {
    let all: [ImageResult]? = state.withLock { state in
      if state.images[places[index]].source != nil { release(&state) }
      state.images[places[index]] = Image(result: result)
      state.missing -= 1
      return state.missing == 0 ? state.images.compactMap(\.result) : nil
    }
    guard let all else { return }
    completion(all)
    model.requestEnded()
  }
}
