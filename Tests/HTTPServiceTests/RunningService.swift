import Foundation
import HTTPService
import Inference
import Logging
import MicroHTTP
import TestSupport

/// A running server with the bundled model.
struct RunningService {
  let service: ClassificationService
  let server, admin: HTTPServer

  /// - Parameters:
  ///   - path: the checkpoint's.
  ///   - isLoaded: false leaves the service before its first model.
  init(
    _ path: String = packageRoot.appending(path: "models/cifar10-softmoe.smoe").path, isLoaded: Bool = true,
    _ configure: (inout ServiceOptions) -> Void = { _ in }
  ) throws {
    var options = ServiceOptions()
    options.inference.threadCount = 2
    options.inference.decodeThreadCount = 2
    options.bodyLimit = 1 << 20
    configure(&options)
    service = try ClassificationService(options: options, logger: Logger(label: "test")) {
      _ throws(OpenedModelError) in try OpenedModel(path: path)
    }
    if isLoaded { try service.load() }
    server = try service.listen(
      .init(bodyLimit: options.bodyLimit, byteBudget: ByteBudget(capacity: options.maxPendingBytes)))
    admin = try service.listen(.init(), port: .admin)
  }

  func stop() {
    server.stop()
    admin.stop()
  }

  func client() throws -> TestClient { try TestClient(port: Int(server.port)) }
  func adminClient() throws -> TestClient { try TestClient(port: Int(admin.port)) }

  func metrics() throws -> [String: Double] {
    let page = try client().request("GET", "/metrics").text
    return Dictionary(
      uniqueKeysWithValues: page.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
        let space = line.lastIndex(of: " ") ?? line.startIndex
        return (String(line[..<space]), Double(line[line.index(after: space)...]) ?? .nan)
      })
  }
}

func bytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: packageRoot.appending(path: path)))
}
