import Inference

/// A request to infer: KServe's Open Inference Protocol v2, with Triton's extensions for binary tensors and
/// classification.
///
/// It has one input of two: `image` BYTES [n] or [n, 1], the n encoded images, or `pixels` FP32 [n, 3, H, W],
/// already normalised. In JSON an image is a base64 string, since JSON has no bytes. Fields and parameters that
/// no extension here knows are ignored, as the protocol asks, and null is an absent field; a repeated field is refused.
package struct InferRequest: Sendable, Equatable {
  /// What to classify.
  package enum Input: Sendable, Equatable {
    /// [n]: encoded images, parts of the request's body but for those that stood in base64.
    case images([ArraySlice<UInt8>])
    /// [n, 3, H, W], row-major; every value is finite. Whether H and W are the model's is the caller's to check.
    case pixels(shape: TensorShape, values: [Float])

    /// n.
    package var imageCount: Int {
      switch self {
      case .images(let images): images.count
      case .pixels(let shape, _): shape.dimensions[0]
      }
    }
  }

  /// The tensors that the model has.
  package enum Output: String, Sendable, Equatable, CaseIterable {
    /// FP32 [n, c].
    case logits
    /// FP32 [n, c]: their softmax.
    case probabilities
    /// FP32 [n, f]: the pooled features.
    case features

    /// Those of a model; one without a head has no classes.
    package static func all(classCount: Int) -> [Output] { classCount > 0 ? allCases : [.features] }
  }

  /// One tensor of the response.
  package struct RequestedOutput: Sendable, Equatable {
    /// Which.
    package let output: Output
    /// Whether it follows the JSON as binary data.
    package let isBinary: Bool
    /// K where the K best classes are wanted as BYTES [n, K] in place of the numbers; never for features.
    package let classification: Int?

    /// Makes one.
    package init(_ output: Output, isBinary: Bool = false, classification: Int? = nil) {
      self.output = output
      self.isBinary = isBinary
      self.classification = classification
    }
  }

  /// How much a request may have.
  package struct Limits: Sendable {
    /// Images of one request: n.
    package var imageCount: Int
    /// What the model answers.
    package var outputs: [Output]

    /// Makes limits.
    package init(imageCount: Int = 1000, outputs: [Output] = Output.allCases) {
      (self.imageCount, self.outputs) = (imageCount, outputs)
    }
  }

  /// To echo; nil when the client gave none.
  package let id: String?
  /// The one input.
  package let input: Input
  /// What to answer, in this order: every output when the client named none.
  package let outputs: [RequestedOutput]

  /// Makes a request.
  package init(id: String? = nil, input: Input, outputs: [RequestedOutput]) {
    self.id = id
    self.input = input
    self.outputs = outputs
  }
}
