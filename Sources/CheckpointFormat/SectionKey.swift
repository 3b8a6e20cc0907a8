/// The keys of the header's JSON object: what a checkpoint says besides its tensors.
public enum SectionKey: String, CodingKey, Sendable, CaseIterable {
  /// The model's name, a string.
  case name
  /// One string a class, in order.
  case labels
  /// How images become pixels.
  case preprocessing
  /// What the model is: sizes and conventions.
  case configuration
  /// Where the weights come from, an object of strings, for people.
  case provenance
}
