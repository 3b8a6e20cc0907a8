import CMicroHTTPD
import Glibc
import Synchronization

/// One request on its way in and its response on its way out.
///
/// libmicrohttpd's thread owns everything but `phase`: it fills the request, suspends the connection,
/// and hands the request over. Whoever answers resumes the connection, exactly once, and
/// libmicrohttpd's thread comes back for the response.
final class Exchange: @unchecked Sendable {
  // @unchecked: `connection` is used by another thread only to resume it, which libmicrohttpd allows;
  // the rest but `phase` belongs to the connection's thread.

  enum Phase {
    case receiving
    /// Suspended; the connection's socket may be looked at.
    case handling(socket: Int32)
    case answered(HTTPResponse)
    case finished
  }

  enum Step {
    case goOn
    case hangUp
    /// The request is complete and the connection suspended: run the handler.
    case handle(HTTPRequest)
  }

  private let connection: OpaquePointer
  private let target: String
  private let configuration: HTTPServer.Configuration
  private let phase = Mutex(Phase.receiving)
  private var head: Head?
  private var body: [UInt8] = []
  private var receivedCount = 0
  private var refusal: HTTPRefusal?
  /// Whether the handler got this request; set and read on the connection's thread.
  private(set) var isHandedOver = false

  private struct Head {
    let method: String
    let headers: [(name: String, value: String)]
    let arrival: ContinuousClock.Instant
  }

  init(connection: OpaquePointer, target: String, configuration: HTTPServer.Configuration) {
    self.connection = connection
    self.target = target
    self.configuration = configuration
  }

  /// One call of libmicrohttpd's access handler.
  func advance(method: String, upload: UnsafeRawBufferPointer) -> Step {
    guard head != nil else { return begin(method: method) }
    if upload.count > 0 { return receive(upload) }
    if let response = phase.withLock({ if case .answered(let response) = $0 { response } else { nil } }) {
      return send(response) ? .goOn : .hangUp
    }
    if let refusal { return send(configuration.refuse(refusal)) ? .goOn : .hangUp }
    return handOver()
  }

  func respond(_ response: HTTPResponse) {
    let isFirst = phase.withLock { phase in
      guard case .handling = phase else { return false }
      phase = .answered(response)
      return true
    }
    if isFirst { MHD_resume_connection(connection) }
  }

  var isClientConnected: Bool {
    phase.withLock { phase in
      guard case .handling(let socket) = phase else { return false }
      var entry = pollfd(fd: socket, events: peerClosed, revents: 0)
      return poll(&entry, 1, 0) == 0
    }
  }

  /// The response is sent or the connection gone.
  func finish() { phase.withLock { $0 = .finished } }

  // MARK: Receiving

  private func begin(method: String) -> Step {
    let head = Head(method: method, headers: connection.headers, arrival: .now)
    self.head = head
    let framing = Framing(head.headers)
    if let problem = framing.problem { refusal = HTTPRefusal(status: 400, message: problem) }
    if let length = framing.length, length > configuration.bodyLimit { refusal = tooLarge(length) }
    // A refusal now, before the body, spares its transfer; libmicrohttpd closes the connection after it.
    if let refusal { return send(configuration.refuse(refusal)) ? .goOn : .hangUp }
    body.reserveCapacity(min(framing.length ?? 0, configuration.bodyLimit))
    return .goOn
  }

  private func receive(_ piece: UnsafeRawBufferPointer) -> Step {
    receivedCount += piece.count
    if receivedCount <= configuration.bodyLimit {
      body.append(contentsOf: piece)
      return .goOn
    }
    // A response can't be sent in the middle of a body: read on to its end, but not for ever.
    if refusal == nil { refusal = tooLarge(nil) }
    body = []
    return receivedCount <= 2 * configuration.bodyLimit + (1 << 20) ? .goOn : .hangUp
  }

  private func tooLarge(_ length: Int?) -> HTTPRefusal {
    let found = length.map { "\($0) bytes" } ?? "more"
    return HTTPRefusal(
      status: 413,
      message: "the body may have at most \(configuration.bodyLimit) bytes, this one has \(found)")
  }

  // MARK: Handing over and answering

  private func handOver() -> Step {
    guard let head, let target = RequestTarget(target) else {
      let refusal = HTTPRefusal(status: 400, message: "the request's target is not a valid path and query")
      return send(configuration.refuse(refusal)) ? .goOn : .hangUp
    }
    let request = HTTPRequest(
      method: head.method, path: target.path, query: target.query, headers: head.headers, body: body,
      arrival: head.arrival)
    body = []
    isHandedOver = true
    phase.withLock { $0 = .handling(socket: connection.socket) }
    // Before the handler can answer: resuming what is not suspended would be lost.
    MHD_suspend_connection(connection)
    return .handle(request)
  }

  private func send(_ response: HTTPResponse) -> Bool {
    phase.withLock { $0 = .finished }
    let handle = response.body.withUnsafeBytes { body in
      // Answers are small: a copy is simpler than keeping the array alive until it is sent.
      MHD_create_response_from_buffer(
        body.count, UnsafeMutableRawPointer(mutating: body.baseAddress),
        MHD_ResponseMemoryMode.RESPMEM_MUST_COPY)
    }
    guard let handle else { return false }
    defer { MHD_destroy_response(handle) }
    for header in response.headers {
      MHD_add_response_header(handle, header.name, header.value)
    }
    return MHD_queue_response(connection, UInt32(response.status), handle) == MHD_Result.YES
  }
}

/// POLLRDHUP: the peer closed its half of the connection. Glibc's headers show it to GNU sources only.
private let peerClosed: Int16 = 0x2000

/// What the head says of the body's length, and whether two parties could read it differently.
struct Framing {
  let length: Int?
  let problem: String?

  init(_ headers: [(name: String, value: String)]) {
    let lengths = headers.filter { $0.name.lowercased() == "content-length" }.map(\.value)
    let encodings = headers.filter { $0.name.lowercased() == "transfer-encoding" }.map(\.value)
    length = lengths.first.flatMap { Int($0) }
    problem =
      if lengths.count > 1 {
        "more than one Content-Length"
      } else if !lengths.isEmpty && !encodings.isEmpty {
        "both Content-Length and Transfer-Encoding"
      } else if let value = lengths.first,
        value.isEmpty || !value.utf8.allSatisfy({ (0x30...0x39).contains($0) })
      {
        "Content-Length is not a number"
      } else if !encodings.isEmpty && (encodings.count > 1 || encodings[0].lowercased() != "chunked") {
        "Transfer-Encoding must be 'chunked'"
      } else {
        nil
      }
  }
}
