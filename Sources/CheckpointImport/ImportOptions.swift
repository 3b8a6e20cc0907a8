import Checkpoint
import ImageInput
import SoftMoEViT

/// How tokens become features, as the command names it.
package enum PoolingOption: String, Sendable, CaseIterable {
  /// The class token.
  case token
  /// The first token of a model without a class token (vmoe's classifier '0').
  case first
  /// Global average pooling.
  case gap
  /// The mean of all tokens, the class token too.
  case all
  /// A MAP head, which the tensors tell.
  case map
}

/// Positions that are computed, not learned, so that no tensor tells them.
package enum PositionOption: String, Sendable, CaseIterable {
  /// Sines and cosines of the patches' rows and columns.
  case sincos2d
  /// None.
  case none
}

/// What a source's names and shapes can't tell. nil takes the stated default.
package struct ImportOptions: Sendable {
  /// What the model's names begin with, where a file holds several models.
  package var root: String?
  /// Told by the names.
  package var family: ModelFamily?
  /// Told by the shapes in Flax families, and must equal them if given; else the family's custom.
  package var headCount: Int?
  /// The MAP head or the class token where there is one, else the mean.
  package var pooling: PoolingOption?
  /// ε of the norms; the family's custom by default.
  package var normEpsilon: Float?
  /// The function between an MLP's products; the family's custom by default.
  package var activation: ActivationKind?
  /// Where a block's norms stand; before the branches by default.
  package var blockNorm: BlockNormKind?
  /// Where the last norm stands; before the pooling by default, after it where the tensors call it `fc_norm`.
  package var finalNorm: FinalNormKind?
  /// The architecture's name, as timm has it, or the id of a model of Hugging Face.
  package var architecture: String?
  /// A file with pixels and what the user's own framework answers to them.
  package var probe: String?
  /// Height and width in pixels; a square by default.
  package var imageSize: (height: Int, width: Int)?
  /// What a vmoe model without a position embedding adds: sincos2d by default.
  package var position: PositionOption = .sincos2d
  /// vmoe's released code rounds to bfloat16; the default does not.
  package var dispatchRounding: DispatchRounding?
  /// Who chooses in a sparse router; asked for where the tensors have one.
  package var router: RouterKind?
  /// K of a router whose tokens choose.
  package var selectedExperts: Int?
  /// How many tokens an expert of a sparse router takes.
  package var capacity: CapacityOption?
  /// What that number is rounded up to a multiple of; 4 by default.
  package var capacityMultiple: Int?
  /// Whether tokens with the largest gates come first; not by default.
  package var batchPriority: Bool?
  /// Whether the chosen gates are divided by their sum; not by default.
  package var renormalizedGates: Bool?
  /// How weight matrices are stored.
  package var matrixType: ElementType = .f32

  /// All defaults.
  package init() {}
}

/// What goes into a checkpoint's header besides the configuration.
package struct ModelDescription: Sendable {
  /// The name that answers carry.
  package var name: String
  /// One label a class, in order.
  package var labels: [String]
  /// How images become pixels.
  package var preprocessing: Preprocessing
  /// Where the weights come from, for people.
  package var provenance: [String: String]

  /// All four.
  package init(name: String, labels: [String], preprocessing: Preprocessing, provenance: [String: String]) {
    (self.name, self.labels, self.preprocessing, self.provenance) = (name, labels, preprocessing, provenance)
  }
}
