/// A bad file of a corpus and what its error must say: where, what was expected, what was found.
package struct BadFile: Sendable, CustomStringConvertible {
  /// In the corpus' folder.
  package let name: String
  private let fragments: [String]

  /// The name, which tests are called by.
  package var description: String { name }

  /// A file and parts of its error's text.
  package init(_ name: String, _ fragments: String...) { (self.name, self.fragments) = (name, fragments) }

  /// What an error's text should say of the file, and doesn't.
  package func missing(from text: String?) -> [String] {
    fragments.filter { text?.contains($0) != true }
  }
}
