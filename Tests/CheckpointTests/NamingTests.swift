import Checkpoint
import Testing

@Suite struct NamingTests {
  @Test(arguments: [
    "", " ", "\u{3000}", "a/b", "/", "a\\b", ".", "..", "a\nb", "a\0", "\u{1B}[2J", "a\u{202E}b",
    "a\u{2028}b", " a",
    "a ", String(repeating: "n", count: 129), String(repeating: "é", count: 65),
  ])
  func aNameThatIsNoPartOfAnAddressIsRefused(_ name: String) {
    let problem = Naming.problem(ofName: name)
    #expect(problem?.hasPrefix("expected a name of 1 to 128 bytes") == true)
    #expect(problem?.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } == true)
  }

  @Test(arguments: [
    "cifar10-softmoe", "ViT S/16".replacing("/", with: "-"), "50% off?", "모형", "...", "a b",
    String(repeating: "n", count: 128),
  ])
  func otherNamesAreGood(_ name: String) { #expect(Naming.problem(ofName: name) == nil) }

  @Test(arguments: ["\n", "a\0", "\u{7F}", "a\u{85}", "a\u{2028}", String(repeating: "l", count: 1025)])
  func aLabelThatEndsALineIsRefused(_ label: String) {
    #expect(Naming.problem(ofLabels: ["good", label])?.hasPrefix("label 1: expected") == true)
  }

  /// Two classes of ImageNet are called "crane"; joiners and marks of direction belong to scripts.
  @Test func otherLabelsAreGood() {
    #expect(Naming.problem(ofLabels: ["crane", "crane", "", "a/b", "می\u{200C}خواهم", "👩\u{200D}🚀"]) == nil)
  }
}
