import CMicroHTTPD
import Glibc
import Synchronization

/// The answer that a request got.
enum Answer: Sendable {
  case response(HTTPResponse)
  case refusal(HTTPRefusal)
}

/// What the server's thread and the thread that answers share about one request.
///
/// The connection is suspended only when the handler has returned without an answer, and under the lock, so
/// a resume can never come before its suspend; an answer given inside the handler costs no suspend at all.
final class Exchange: AnswerRecipient {
  private enum State {
    /// The handler runs on the server's thread.
    case handling
    /// The connection is suspended until the answer comes.
    case suspended(ConnectionHandle)
    /// The answer waits for the server's thread to take it.
    case answered(Answer)
    /// The server's thread has taken the answer.
    case done
  }

  private let core: ServerCore
  private let descriptor: Int32
  private let state = Mutex(State.handling)

  /// Counts the request as unanswered until `answer` is called.
  init(core: ServerCore, descriptor: Int32) {
    self.core = core
    self.descriptor = descriptor
  }

  /// Stores the answer and resumes the connection if it is suspended. May be called on any thread.
  /// - Returns: whether this was the first answer.
  @discardableResult
  func answer(_ answer: Answer) -> Bool {
    let (isFirst, suspended) = state.withLock { state -> (Bool, ConnectionHandle?) in
      switch state {
      case .handling:
        state = .answered(answer)
        return (true, nil)
      case .suspended(let connection):
        state = .answered(answer)
        return (true, connection)
      case .answered, .done:
        return (false, nil)
      }
    }
    if let suspended { MHD_resume_connection(suspended.pointer) }
    // Counted down after the resume: stop() frees the daemon once nothing is unanswered.
    if isFirst { core.unanswered.subtract(1, ordering: .sequentiallyConsistent) }
    return isFirst
  }

  /// Takes the answer, or suspends the connection until there is one. Called on the server's thread, from
  /// the access handler, the only place where libmicrohttpd allows a suspend.
  func takeAnswer(orSuspend connection: ConnectionHandle) -> Answer? {
    state.withLock { state in
      switch state {
      case .answered(let answer):
        state = .done
        return answer
      case .handling:
        MHD_suspend_connection(connection.pointer)
        state = .suspended(connection)
        return nil
      case .suspended, .done:
        return nil
      }
    }
  }

  var isClientWaiting: Bool {
    // The lock keeps the descriptor open: without an answer the connection cannot end.
    state.withLock { state in
      switch state {
      case .handling, .suspended: !hasPeerLeft(descriptor)
      case .answered, .done: false
      }
    }
  }
}

/// A connection of libmicrohttpd.
struct ConnectionHandle: @unchecked Sendable {
  // Sendable because the only call made on another thread is MHD_resume_connection, which allows it.
  let pointer: OpaquePointer
}

private func hasPeerLeft(_ descriptor: Int32) -> Bool {
  // POLLRDHUP, which <poll.h> shows only under _GNU_SOURCE: the peer has closed its sending side.
  let peerClosed: Int16 = 0x2000
  var entry = pollfd(fd: descriptor, events: peerClosed, revents: 0)
  return poll(&entry, 1, 0) > 0 && entry.revents & (peerClosed | Int16(POLLHUP | POLLERR | POLLNVAL)) != 0
}
