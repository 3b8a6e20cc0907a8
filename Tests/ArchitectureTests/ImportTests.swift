import Foundation
import TestSupport
import Testing

/// The sources' imports are those that the plan of the house allows.
@Suite struct ImportTests {
  private static let sources = packageRoot.appending(path: "Sources")

  /// The modules that a file imports: `import M`, `import struct M.T`, with or without words before it.
  private static func imports(of file: URL) throws -> Set<String> {
    let line = /^(?:@\w+ +|public +|package +|internal +|private +|fileprivate +)*import +(?:\w+ +)?(\w+)/
    let text = try String(contentsOf: file, encoding: .utf8)
    return Set(text.split(separator: "\n").compactMap { try? line.prefixMatch(in: $0).map { String($0.1) } })
  }

  /// Swift files of a module and what they import. The loops' copies are links, which nobody follows.
  private static func files(of module: String) throws -> [(name: String, imports: Set<String>)] {
    let folder = sources.appending(path: module)
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
      .map { ("Sources/\(module)/\($0)", try imports(of: folder.appending(path: $0))) }
  }

  @Test func everyModuleStandsInThePlan() throws {
    let folders = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path)
      .filter { !$0.hasPrefix(".") }
    #expect(House.rooms.map(\.module).sorted() == folders.sorted())
  }

  @Test func noArrowPointsUpOrInACircle() {
    var below = House.packages
    for room in House.rooms {
      #expect(room.mayImport.subtracting(below) == [], "\(room.module) stands below what it may import")
      below.insert(room.module)
    }
  }

  @Test(arguments: House.rooms.map(\.module)) func importsAreThoseAllowed(_ module: String) throws {
    let room = try #require(House.rooms.first { $0.module == module })
    let files = try Self.files(of: module)
    for file in files {
      let forbidden = file.imports.subtracting(room.mayImport).subtracting(House.platform)
      #expect(forbidden == [], "\(file.name) imports what \(module) may not")
    }
    // The copies of the loops import nothing by themselves.
    guard !module.hasPrefix("Kernels") else { return }
    let unused = files.reduce(into: room.mayImport) { $0.subtract($1.imports) }
    #expect(unused == [], "\(module) may import what it doesn't: take it from the plan")
  }

  @Test(arguments: [
    ("CMicroHTTPD", ["MicroHTTP"]), ("CGnuTLS", ["MicroHTTP"]),
    ("CJPEG", ["ImageInput"]), ("CSPNG", ["ImageInput"]), ("CWebP", ["ImageInput"]),
    ("CXXHash", ["Checkpoint"]),
    ("Metrics", ["HTTPService"]), ("MicroHTTP", ["HTTPService", "softmoe"]), ("HTTPService", ["softmoe"]),
  ])
  func onlyTheseImport(_ module: String, _ importers: [String]) throws {
    let found = try House.rooms.map(\.module).filter { importer in
      try Self.files(of: importer).contains { $0.imports.contains(module) }
    }
    #expect(found == importers)
  }

  @Test func inferenceKnowsNoHTTP() {
    let rooms = Dictionary(uniqueKeysWithValues: House.rooms.map { ($0.module, $0.mayImport) })
    var (reached, open): (Set<String>, Set<String>) = ([], ["Inference"])
    while let module = open.popFirst() {
      reached.insert(module)
      open.formUnion((rooms[module] ?? []).subtracting(reached))
    }
    #expect(reached.isDisjoint(with: ["CMicroHTTPD", "HTTPService", "Logging", "Metrics", "MicroHTTP"]))
  }
}
