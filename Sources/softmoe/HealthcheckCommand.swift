import ArgumentParser
import Glibc

/// `softmoe healthcheck`: asks a running server whether it is ready; for containers without curl.
struct HealthcheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck",
    abstract: "Ask a server on this machine for /readyz; status 0 when it is ready.")

  @Option(help: "The server's port for probes (or the environment's SOFTMOE_ADMIN_PORT); none asks --port.")
  var adminPort = AdminPort.standard
  @Option(help: "The server's main port (or the environment's SOFTMOE_PORT).") var port = 8080

  func run() throws {
    let port = adminPort.number.map(Int.init) ?? port
    guard let answer = Self.get("/readyz", port: port) else {
      throw Unhealthy(description: "no server answers on port \(port)")
    }
    guard answer.hasPrefix("HTTP/1.1 200") else {
      throw Unhealthy(description: "not ready: \(answer.prefix { !$0.isNewline })")
    }
  }

  /// Status 1: container engines reserve 2.
  private struct Unhealthy: Error, CustomStringConvertible {
    let description: String
  }

  /// The start of the response to a GET on loopback, nil when nothing answers within three seconds.
  private static func get(_ path: String, port: Int) -> String? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var limit = timeval(tv_sec: 3, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { return nil }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &piece, piece.count, 0)
    return count > 0 ? String(decoding: piece[..<count], as: UTF8.self) : nil
  }
}
