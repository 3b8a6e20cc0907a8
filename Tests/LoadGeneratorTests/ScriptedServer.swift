import Foundation
import Synchronization

/// A server that does with each connection what a test says, right or wrong.
final class ScriptedServer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let connectionCount = Mutex(0)
  private let answers = AnswerCounter()

  /// - Parameter script: what to do with a connection; it is closed when the script returns. Each runs on a
  ///   thread of its own and gets its number, from 0.
  init(ipv6: Bool = false, _ script: @escaping @Sendable (Peer, _ number: Int) -> Void) throws {
    listener = socket(ipv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_storage()
    if ipv6 {
      withUnsafeMutableBytes(of: &address) {
        $0.storeBytes(
          of: sockaddr_in6(
            sin6_family: sa_family_t(AF_INET6), sin6_port: 0, sin6_flowinfo: 0, sin6_addr: in6addr_loopback,
            sin6_scope_id: 0), as: sockaddr_in6.self)
      }
    } else {
      var v4 = sockaddr_in()
      v4.sin_family = sa_family_t(AF_INET)
      v4.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      withUnsafeMutableBytes(of: &address) { $0.storeBytes(of: v4, as: sockaddr_in.self) }
    }
    var length = socklen_t(ipv6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) | listen(listener, 64) | getsockname(listener, $0, &length)
      }
    }
    guard status == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    // The port lies at the same place in both kinds.
    port = withUnsafeBytes(of: address) { UInt16(bigEndian: $0.load(fromByteOffset: 2, as: UInt16.self)) }
    Thread.detachNewThread { [self] in
      while case let descriptor = accept(listener, nil, nil), descriptor >= 0 {
        Thread.detachNewThread {
          let peer = Peer(descriptor, answers: self.answers)
          // The connection by which the generator finds the server brings no request.
          guard peer.waitForBytes() else { return }
          let number = self.connectionCount.withLock { count in
            count += 1
            return count - 1
          }
          script(peer, number)
        }
      }
      close(listener)
    }
  }

  /// Refuses connections from now on, and ends the thread that accepts them.
  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  var acceptedCount: Int { connectionCount.withLock(\.self) }
  var answerCount: Int { answers.count.load(ordering: .relaxed) }
}

/// How often all peers of a server have answered.
final class AnswerCounter: Sendable {
  let count = Atomic(0)
}

/// The server's side of a connection; closed with its last reference.
final class Peer: Sendable {
  private let descriptor: Int32
  private let answers: AnswerCounter

  init(_ descriptor: Int32, answers: AnswerCounter) {
    (self.descriptor, self.answers) = (descriptor, answers)
  }

  deinit { close(descriptor) }

  func waitForBytes() -> Bool {
    var byte: UInt8 = 0
    return recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 1
  }

  /// Reads one request; false when there is none any more.
  func readRequest() -> Bool {
    var (bytes, byte): ([UInt8], UInt8) = ([], 0)
    while !bytes.ends(with: "\r\n\r\n") {
      guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
      bytes.append(byte)
    }
    let head = String(decoding: bytes, as: UTF8.self)
    let length =
      head.split(separator: "Content-Length: ").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
    for _ in 0..<length {
      guard recv(descriptor, &byte, 1, 0) == 1 else { return false }
    }
    return true
  }

  func write(_ text: String) {
    let bytes = Array(text.utf8)
    _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// An answer with a body of two bytes.
  func answer(_ status: Int = 200, _ headers: String = "") {
    write("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: 2\r\n\r\nok")
    answers.count.add(1, ordering: .relaxed)
  }
}

extension [UInt8] {
  fileprivate func ends(with text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
