import MicroHTTP

/// Who may ask for what, judged by a request's head.
extension ClassificationService {
  /// Why a request may not have a route; nil when it may.
  func refusal(of head: HTTPRequestHead, _ route: Route) -> ServiceError? {
    let keys = allowedKeys
    switch route.access {
    case .probe, .page: return nil
    case .order where keys.isEmpty: return head.isFromOperator ? nil : .forbidden
    default: return keys.allows(head.headers) ? nil : .unauthorized
    }
  }
}

extension HTTPRequestHead {
  /// Whether somebody on this machine sent it by hand or from a script.
  ///
  /// Without keys an order must not come from elsewhere, nor through a page that a browser on this machine shows, nor
  /// through a proxy on it: a browser names the page's origin or its fetch mode, a page that has taken over a host name
  /// (DNS rebinding) shows in `Host`, and a proxy says for whom it asks.
  var isFromOperator: Bool {
    let others = [
      "origin", "sec-fetch-site", "sec-fetch-mode", "referer", "forwarded", "via", "x-forwarded-for",
      "x-forwarded-host", "x-real-ip",
    ]
    return ["127.0.0.1", "::1"].contains(remoteAddress) && others.allSatisfy { headers[$0] == nil }
      && headers["host"].map(isLoopback) ?? true
  }
}

/// Whether the value of a `Host` names this machine itself.
private func isLoopback(_ host: String) -> Bool {
  let name: Substring
  if host.hasPrefix("[") {
    guard let end = host.firstIndex(of: "]") else { return false }
    name = host[host.index(after: host.startIndex)..<end]
  } else {
    name = host.prefix { $0 != ":" }
  }
  return ["localhost", "127.0.0.1", "::1"].contains(name.lowercased())
}
