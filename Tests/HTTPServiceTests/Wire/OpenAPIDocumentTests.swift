import Foundation
import HTTPService
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

@Suite struct OpenAPIDocumentTests {
  private let document: Object

  init() throws {
    let text = OpenAPIDocument(
      version: "1.2.3", classCount: 10, height: 32, width: 48, imageLimit: 64, expertCount: 8, layers: [3, 5]
    ).text
    document = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? Object)
  }

  /// What a path of keys or a reference leads to.
  private func value(_ path: String) -> Any? {
    path.split(separator: "/").drop { $0 == "#" }.reduce(document as Any?) { value, key in
      (value as? Object)?[String(key).replacing("~1", with: "/")]
    }
  }

  private func object(_ path: String) throws -> Object { try #require(value(path) as? Object, "\(path)") }

  /// Statuses of a route, by the names that references to their responses have.
  private func responses(_ path: String, _ method: String) throws -> [String: String] {
    try object("paths/\(path.replacing("/", with: "~1"))/\(method)/responses").mapValues { response in
      (references(response).first ?? "").split(separator: "/").last.map(String.init) ?? ""
    }
  }

  private static let model = ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"]
  private static let inference = [
    "400", "401", "405", "408", "413", "415", "422", "429", "500", "503", "504",
  ]

  typealias Route = (path: String, method: String, errors: [String])

  static let routes: [Route] = serviceRoutes + model.flatMap(modelRoutes)

  private static let serviceRoutes: [Route] = [
    ("/classify", "post", inference), ("/embed", "post", inference), ("/metrics", "get", ["401", "405"]),
    ("/livez", "get", ["405"]), ("/readyz", "get", ["405", "503"]), ("/health", "get", ["405", "503"]),
    ("/info", "get", ["401", "405", "503"]), ("/openapi.json", "get", ["401", "405"]),
    ("/", "get", ["405"]), ("/explain", "post", inference), ("/v1/experts", "get", ["401", "405", "503"]),
    ("/v1/experts/{layer}", "get", ["401", "404", "405", "503"]),
    ("/v2", "get", ["401", "405"]), ("/v2/health/live", "get", ["405"]),
    ("/v2/health/ready", "get", ["405", "503"]),
  ]

  private static func modelRoutes(_ path: String) -> [Route] {
    let description = ["401", "404", "405", "503"]
    return [
      (path, "get", description), (path + "/ready", "get", description),
      (path + "/stats", "get", description),
      (path + "/infer", "post", inference + ["404"]),
    ]
  }

  @Test func describesEveryRoute() throws {
    let paths = try object("paths")
    #expect(Set(paths.keys) == Set(Self.routes.map(\.path)))
    for (path, method, errors) in Self.routes {
      let route = try #require(paths[path] as? Object)
      #expect(route.keys.filter { $0 != "parameters" } == [method], "\(path)")
      #expect(Set(try responses(path, method).keys) == Set(errors + ["200"]), "\(path)")
    }
    #expect(document["openapi"] as? String == "3.1.0" && value("info/version") as? String == "1.2.3")
  }

  @Test func pathsDeclareTheirParameters() throws {
    for (path, _, _) in Self.routes {
      let declared = references(try object("paths/\(path.replacing("/", with: "~1"))")["parameters"] ?? [])
      #expect(declared.contains("#/components/parameters/Model") == path.contains("{model}"))
      #expect(declared.contains("#/components/parameters/Version") == path.contains("{version}"))
    }
  }

  @Test func operationsHaveNamesOfTheirOwn() throws {
    let names = try Self.routes.map { path, method, _ in
      try object("paths/\(path.replacing("/", with: "~1"))/\(method)")["operationId"] as? String
    }
    #expect(!names.contains(nil) && Set(names).count == names.count)
  }

  @Test func referencesLeadSomewhereAndSchemasAreUsed() throws {
    let references = Set(references(document))
    for reference in references { #expect(value(reference) != nil, "\(reference)") }
    for kind in ["schemas", "parameters", "headers", "requestBodies"] {
      for name in try object("components/\(kind)").keys {
        #expect(references.contains("#/components/\(kind)/\(name)"), "\(name)")
      }
    }
  }

  @Test func errorsHaveTheirRoutesForm() throws {
    for (path, method, errors) in Self.routes {
      let isInfer = path.hasPrefix("/v2")
      for error in errors {
        let name = try #require(try responses(path, method)[error])
        let schema = references(try object("components/responses/\(name)/content"))
        #expect(schema == ["#/components/schemas/\(isInfer ? "InferError" : "Error")"], "\(path) \(error)")
      }
    }
    #expect(
      try object("components/schemas/Error")["required"] as? [String] == [
        "error", "error_type", "request_id",
      ])
    #expect(try object("components/schemas/InferError")["required"] as? [String] == ["error"])
    for name in [
      "BadRequest", "Unauthorized", "NotFound", "MethodNotAllowed", "RequestTimeout", "PayloadTooLarge",
      "UnsupportedMediaType", "UndecodableImage", "Overloaded", "Unavailable", "DeadlineExceeded",
    ] {
      let schema = references(try object("components/responses/\(name)/content"))
      #expect(schema == ["#/components/schemas/Error"], "\(name)")
    }
    #expect(value("components/responses/Overloaded/headers/Retry-After") != nil)
    #expect(value("components/responses/MethodNotAllowed/headers/Allow") != nil)
  }

  @Test func limitsAreTheModels() throws {
    let parameters = try #require(value("paths/~1classify/post/parameters") as? [Object])
    let topK = try #require(parameters.first { $0["name"] as? String == "top_k" }?["schema"] as? Object)
    #expect(topK["minimum"] as? Int == 1 && topK["maximum"] as? Int == 10 && topK["default"] as? Int == 5)
    #expect(
      try object("components/requestBodies/Images/content").keys.sorted() == [
        "application/octet-stream", "image/jpeg", "image/png", "image/webp", "multipart/form-data",
      ])
    let shape = try #require(
      value("components/schemas/PixelsInput/properties/shape/prefixItems") as? [Object])
    #expect(shape.dropFirst().map { $0["const"] as? Int } == [3, 32, 48])
    #expect(value("components/schemas/ImageCount/maximum") as? Int == 64)
    let layer = try #require(
      (value("paths/~1explain/post/parameters") as? [Object])?.first?["schema"] as? Object)
    #expect(layer["enum"] as? [Int] == [3, 5])
  }
}
