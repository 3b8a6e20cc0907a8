import Checkpoint
import FoundationEssentials

/// The classes' names: those of a file, or ones that are known.
///
/// A file is text with a name a line (line ends of any system, a byte order mark, blank lines at the end), a
/// JSON array of names, a JSON object from each class's number to its name, or a Hugging Face `config.json`,
/// whose `id2label` is such an object; timm's `label_names` is taken too.
package enum LabelFile {
  /// Stands for a file: the names of the thousand classes of ImageNet-1k.
  package static let imageNet = "imagenet"

  /// The names of ImageNet-1k's classes in the order of their WordNet numbers, which is timm's and
  /// torchvision's: each synset's first lemma, with a second where that alone would name two classes; the two
  /// cranes, which share all of theirs, say which they are.
  package static let imageNetLabels: [String] = String(decoding: PackageResources.imagenet_txt, as: UTF8.self)
    .split(separator: "\n").map(String.init)

  /// The names in the order of the classes.
  /// - Parameters:
  ///   - path: a file, or `imagenet`.
  ///   - classCount: as many as there must be.
  /// - Throws: `ImportError.option` of `--labels`, with the line where there is one.
  package static func labels(at path: String, classCount: Int) throws(ImportError) -> [String] {
    if path == imageNet {
      guard classCount == imageNetLabels.count else {
        throw problem("imagenet names \(imageNetLabels.count) classes, the model has \(classCount)")
      }
      return imageNetLabels
    }
    guard let data = try? Data(contentsOf: URL(filePath: path)) else {
      throw problem(
        "expected a text file with a label a line, a JSON file or the word imagenet; can't read '\(path)'")
    }
    return try labels(from: [UInt8](data), classCount: classCount)
  }

  /// The names that a file's bytes hold.
  /// - Throws: as `labels(at:classCount:)`.
  package static func labels(from bytes: [UInt8], classCount: Int) throws(ImportError) -> [String] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? bytes[mark.count...] : bytes[...]
    let first = text.first { !$0.isSpace }
    // A label may begin with a bracket, so the last byte must close it too.
    let last = text.last { !$0.isSpace }
    switch (first, last) {
    case (UInt8(ascii: "["), UInt8(ascii: "]")): return try array(Array(text), classCount)
    case (UInt8(ascii: "{"), UInt8(ascii: "}")): return try object(Array(text), classCount)
    default: return try lines(text, classCount)
    }
  }

  private static func lines(_ bytes: ArraySlice<UInt8>, _ classCount: Int) throws(ImportError) -> [String] {
    var labels: [String] = []
    let newline = UInt8(ascii: "\n")
    for (index, line) in bytes.split(separator: newline, omittingEmptySubsequences: false).enumerated() {
      let end = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let label = String(validating: end, as: UTF8.self) else {
        throw problem("line \(index + 1): expected UTF-8; save the file as UTF-8")
      }
      labels.append(label)
    }
    while labels.last?.allSatisfy(\.isWhitespace) == true { labels.removeLast() }
    if let blank = labels.firstIndex(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw problem("line \(blank + 1): expected a label, found a blank line")
    }
    for (index, label) in labels.enumerated() { try check(label, at: "line \(index + 1)") }
    return try counted(labels, "lines", classCount)
  }

  private static func array(_ json: [UInt8], _ classCount: Int) throws(ImportError) -> [String] {
    let labels: [String]
    do throws(StrictJSON.Problem) {
      labels = try StrictJSON.decode(from: json)
    } catch {
      throw problem("expected a JSON array of texts: \(error)")
    }
    for (index, label) in labels.enumerated() { try check(label, at: "element \(index)") }
    return try counted(labels, "elements", classCount)
  }

  private static func object(_ json: [UInt8], _ classCount: Int) throws(ImportError) -> [String] {
    let whole: JSONObject
    let names: [JSONValue]?
    do throws(ImportError) {
      whole = try JSONObject(json, file: "labels")
      let own = try whole.objectIfAny("pretrained_cfg")?.list("label_names")
      names = if let own { own } else { try whole.list("label_names") }
    } catch {
      throw problem("\(error)")
    }
    if let names { return try array(of: names, classCount) }
    let map: JSONObject
    do throws(ImportError) { map = try whole.objectIfAny("id2label") ?? whole } catch {
      throw problem("\(error)")
    }
    var labels = [String?](repeating: nil, count: classCount)
    for key in map.keys {
      guard let index = Int(key), index >= 0, String(index) == key else {
        throw problem(
          "expected keys that are the classes' numbers, \"0\" to \"\(classCount - 1)\", or id2label; found \(quoted(key))"
        )
      }
      guard index < classCount else {
        throw problem(
          "the model has \(classCount) classes, \"0\" to \"\(classCount - 1)\"; found \(quoted(key))")
      }
      guard let label = try? map.text(key) else { throw problem("class \(index): expected a text") }
      try check(label, at: "class \(index)")
      labels[index] = label
    }
    if let missing = labels.firstIndex(of: nil) {
      throw problem("the model has \(classCount) classes; class \(missing) has no label")
    }
    return labels.compactMap { $0 }
  }

  private static func array(of values: [JSONValue], _ classCount: Int) throws(ImportError) -> [String] {
    let labels = values.compactMap { if case .text(let text) = $0 { text } else { nil } as String? }
    guard labels.count == values.count else { throw problem("expected label_names to be texts") }
    return try counted(labels, "label_names", classCount)
  }

  /// What a checkpoint can't hold is said here, where there is a line to name.
  private static func check(_ label: String, at place: String) throws(ImportError) {
    if let reason = Naming.problem(ofLabels: [label]) {
      throw problem("\(place): \(reason.trimmingPrefix("label 0: "))")
    }
  }

  private static func counted(
    _ labels: [String], _ what: String, _ classCount: Int
  ) throws(ImportError) -> [String] {
    guard labels.count == classCount else {
      throw problem("the model has \(classCount) classes; found \(labels.count) \(what)")
    }
    return labels
  }

  private static func problem(_ text: String) -> ImportError { .option(name: "labels", problem: text) }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
