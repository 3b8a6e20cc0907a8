import Foundation
import HTTPService
import TestSupport
import Testing

private typealias Object = [String: Any]

/// Every `$ref` in a value.
private func references(_ value: Any) -> [String] {
  if let list = value as? [Any] { return list.flatMap(references) }
  guard let object = value as? Object else { return [] }
  return object.flatMap { key, value in
    (key == "$ref" ? (value as? String).map { [$0] } : nil) ?? references(value)
  }
}

/// Places of schemas that are a mere true or false, which generators of clients don't know.
private func booleanSchemas(_ value: Any, at place: String = "") -> [String] {
  if let list = value as? [Any] { return list.flatMap { booleanSchemas($0, at: place) } }
  guard let object = value as? Object else { return [] }
  return object.flatMap { key, value -> [String] in
    let here = "\(place)/\(key)"
    if ["items", "additionalProperties", "not", "schema"].contains(key), value is Bool { return [here] }
    if ["properties", "schemas"].contains(key), let schemas = value as? Object {
      return schemas.filter { $0.value is Bool }.map { "\(here)/\($0.key)" } + booleanSchemas(value, at: here)
    }
    return booleanSchemas(value, at: here)
  }
}

@Suite struct OpenAPIDocumentTests {
  private let document: Object

  init() throws {
    let bytes = OpenAPIDocument(
      version: "1.2.3", classCount: 7, height: 40, width: 48, imageLimit: 11, expertCount: 9, layers: [3, 6]
    ).bytes
    document = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? Object)
  }

  /// What a path of keys or a reference leads to.
  private func value(_ path: String) -> Any? {
    path.split(separator: "/").drop { $0 == "#" }.reduce(document as Any?) { value, key in
      (value as? Object)?[String(key).replacing("~1", with: "/")]
    }
  }

  private func object(_ path: String) throws -> Object { try #require(value(path) as? Object, "\(path)") }

  /// Where the answers of a route are described.
  private func operation(_ route: Route) -> String {
    "paths/\(route.pattern.replacing("/", with: "~1"))/\(route.methods[0].lowercased())"
  }

  /// The components that a route's statuses refer to, by status.
  private func responses(_ route: Route) throws -> [String: String] {
    try object("\(operation(route))/responses").mapValues { response in
      references(response).first?.split(separator: "/").last.map(String.init) ?? ""
    }
  }

  @Test func describesTheRoutesThatTheServerHas() throws {
    #expect(try Set(object("paths").keys) == Set(Route.all.map(\.pattern)))
    for route in Route.all {
      let path = try object("paths/\(route.pattern.replacing("/", with: "~1"))")
      // HEAD is GET without a body, which needs no words of its own.
      let methods = route.methods.filter { $0 != "HEAD" }.map { $0.lowercased() }
      #expect(Set(path.keys).subtracting(["parameters", "servers"]) == Set(methods), "\(route.pattern)")
      #expect((path["servers"] != nil) == (route.access == .order), "\(route.pattern)")
      let isOpen = try object(operation(route))["security"] as? [Any]
      #expect(isOpen?.isEmpty == ([.probe, .page].contains(route.access) ? true : nil), "\(route.pattern)")
    }
  }

  @Test func describesTheErrorsThatRoutesGive() throws {
    for route in Route.all {
      let described = try responses(route)
      #expect(Set(described.keys) == Set(route.errors.map { "\($0.status)" } + ["200"]), "\(route.pattern)")
      for (status, name) in described where status != "200" {
        let schema = references(try object("components/responses/\(name)/content"))
        let expected = route.errorFormat == .openInference ? "InferError" : "Error"
        #expect(schema == ["#/components/schemas/\(expected)"], "\(route.pattern) \(status)")
        guard route.errorFormat == .service else { continue }
        let examples = try object("components/responses/\(name)/content/application~1json/examples")
        let types = ErrorKind.all.filter { "\($0.status)" == status && $0.scope != .nobody }.map(\.type)
        #expect(Set(examples.keys) == Set(types), "\(status)")
        for (type, example) in examples {
          let value = try #require((example as? Object)?["value"] as? Object)
          #expect(value["error_type"] as? String == type)
          #expect(Set(value.keys) == ["error", "error_type", "request_id"])
        }
      }
    }
    for (name, header) in [
      ("Overloaded", "Retry-After"), ("MethodNotAllowed", "Allow"), ("Unauthorized", "WWW-Authenticate"),
    ] {
      #expect(value("components/responses/\(name)/headers/\(header)") != nil)
      #expect(value("components/responses/V2\(name)/headers/\(header)") != nil)
    }
  }

  /// README.md's table: one status and its words a row.
  @Test func theReadmeListsTheSameErrors() throws {
    let readme = try String(contentsOf: packageRoot.appending(path: "README.md"), encoding: .utf8)
    let rows = readme.matches(of: /\n\| (?<status>[45]\d\d) \| (?<types>(?:`[a-z_]+`(?:, )?)+) \|/).map {
      row in
      row.types.matches(of: /[a-z_]+/).map { "\(row.status) \($0.output)" }
    }
    let kinds = ErrorKind.all.filter { $0.scope != .nobody }.map { "\($0.status) \($0.type)" }
    #expect(Set(rows.joined()) == Set(kinds))
    #expect(rows.joined().count == kinds.count)
  }

  @Test func errorKindsAreTheirStatusAndWord() {
    let names = ErrorKind.all.map { "\($0.status) \($0.type)" }
    #expect(Set(names).count == names.count)
  }

  @Test func pathsDeclareTheirParameters() throws {
    for route in Route.all {
      let path = try object("paths/\(route.pattern.replacing("/", with: "~1"))")
      let declared = references(path["parameters"] ?? [])
      #expect(declared.contains("#/components/parameters/Model") == route.pattern.contains("{model}"))
      #expect(declared.contains("#/components/parameters/Version") == route.pattern.contains("{version}"))
    }
  }

  @Test func operationsHaveNamesOfTheirOwn() throws {
    let names = try Route.all.map { try object(operation($0))["operationId"] as? String }
    #expect(!names.contains(nil) && Set(names).count == names.count)
  }

  @Test func referencesLeadSomewhereAndComponentsAreUsed() throws {
    let references = Set(references(document))
    for reference in references { #expect(value(reference) != nil, "\(reference)") }
    for kind in ["schemas", "parameters", "headers", "requestBodies", "responses"] {
      for name in try object("components/\(kind)").keys {
        #expect(references.contains("#/components/\(kind)/\(name)"), "\(name)")
      }
    }
  }

  @Test func noSchemaIsABoolean() {
    #expect(booleanSchemas(document) == [])
    #expect(booleanSchemas(["properties": ["a": false], "items": true] as Object).count == 2)
  }

  /// So that whoever reads the file reads what the server answers.
  @Test func theFileIsWhatTheBundledModelsServerAnswers() throws {
    let running = try RunningService { $0.version = "0.0.0" }
    defer { running.stop() }
    let answer = try running.client().request("GET", "/openapi.json")
    #expect(answer.headers["content-type"] == "application/json" && answer.body == OpenAPIDocument.file)
    let file = try Data(contentsOf: packageRoot.appending(path: "Sources/HTTPService/Routes/openapi.json"))
    #expect(OpenAPIDocument.file == [UInt8](file))
  }

  @Test func numbersAreTheModels() throws {
    #expect(value("info/version") as? String == "1.2.3" && document["openapi"] as? String == "3.1.0")
    func schema(_ name: String) throws -> Object { try object("components/schemas/\(name)") }
    let classes = try schema("ClassCount")
    #expect(
      classes["minimum"] as? Int == 1 && classes["maximum"] as? Int == 7 && classes["default"] as? Int == 5)
    #expect(try schema("ClassIndex")["maximum"] as? Int == 6)
    #expect(try schema("Predictions")["maxItems"] as? Int == 7)
    #expect(try schema("Logits")["minItems"] as? Int == 7 && schema("Logits")["maxItems"] as? Int == 7)
    let experts = try schema("ExpertCount")
    #expect(((experts["oneOf"] as? [Object])?.last)?["maximum"] as? Int == 9)
    #expect(experts["default"] as? Int == 5)
    #expect(try schema("Expert")["maximum"] as? Int == 8)
    #expect(try schema("Layer")["enum"] as? [Int] == [3, 6])
    #expect(
      try schema("ImageCount")["maximum"] as? Int == 11 && schema("ImageParts")["maxItems"] as? Int == 11)
    #expect(value("components/schemas/ImageInput/properties/data/maxItems") as? Int == 11)
    let shape = try #require(
      value("components/schemas/PixelsInput/properties/shape/prefixItems") as? [Object])
    #expect(shape.dropFirst().map { $0["const"] as? Int } == [3, 40, 48])
  }

  /// A dense model of two classes has no layer, and no expert that could be asked for.
  @Test func aModelWithoutExpertsHasADescriptionToo() throws {
    let bytes = OpenAPIDocument(
      version: "1", classCount: 2, height: 1, width: 1, imageLimit: 1, expertCount: 0, layers: []
    ).bytes
    let document = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? Object)
    let schemas = try #require((document["components"] as? Object)?["schemas"] as? [String: Object])
    #expect(schemas["Layer"]?["enum"] == nil && schemas["Expert"]?["maximum"] as? Int == 0)
    #expect(schemas["ClassCount"]?["default"] as? Int == 2 && schemas["ExpertCount"]?["default"] as? Int == 1)
  }

  @Test func describesTheMetricsThatTheServerHas() throws {
    let running = try RunningService()
    defer { running.stop() }
    let page = try running.client().request("GET", "/metrics")
    let content = try object("paths/~1metrics/get/responses/200/content")
    let type = try #require(page.headers["content-type"])
    #expect(content.keys.map { $0 } == [type.split(separator: ";").first.map(String.init)])
    let example = try #require(
      value("paths/~1metrics/get/responses/200/content/text~1plain/examples/families/value") as? String)
    // A family without samples yet is declared and not on the page.
    running.service.observe(running.server) { 0 }
    let declared = Set(running.service.registry.declared.map { "# TYPE \($0.name) \($0.kind.rawValue)" })
    let described = example.split(separator: "\n").map(String.init)
    #expect(declared.subtracting(described) == [], "missing in openapi.json")
    #expect(Set(described).subtracting(declared) == [], "missing on /metrics")
    #expect(described == described.sorted())
  }
}
