import MicroHTTP

extension ClassificationService {
  /// The page, in pieces between which the nonce of an answer stands.
  private static let page = String(decoding: PackageResources.page_html, as: UTF8.self)
    .split(separator: "{{nonce}}", omittingEmptySubsequences: false)

  /// `GET /`: a page to try the model and to look at its experts.
  ///
  /// It is whole: its script and style stand in it and run by their nonce alone, and it asks no other host.
  func page(_ call: Call) {
    let nonce = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 16) }.joined()
    var response = HTTPResponse.text(
      Self.page.joined(separator: nonce), contentType: "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] =
      "default-src 'none'; script-src 'nonce-\(nonce)'; style-src 'nonce-\(nonce)'; img-src 'self' blob: data:; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    reply(call, response)
  }
}
