import Foundation
import TestSupport
import Testing

@Suite struct ReadmeTests {
  /// The README shows a real answer: to the bit the one that this build gives.
  @Test func theAnswerShownIsTheAnswerGiven() throws {
    let readme = try String(contentsOf: packageRoot.appending(path: "README.md"), encoding: .utf8)
    let shown = try #require(readme.split(separator: "\n").first { $0.contains(#"{"model":"#) })
    let photo = packageRoot.appending(path: "models/samples/cat.jpg").path
    let model = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path
    let given = try Command.succeed(["classify", "--json", "--top-k", "3", "--model", model, photo])
    #expect(shown.drop { $0 == " " } == given.dropLast())
  }
}
