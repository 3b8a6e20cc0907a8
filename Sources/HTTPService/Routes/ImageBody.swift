import MicroHTTP

/// The images of a request's body: the body itself, or each part of a form.
struct ImageBody {
  /// Each with the name that its result carries.
  let parts: [(name: String?, bytes: [UInt8])]
  /// Whether they came as a form, whose parts are answered one by one.
  let isForm: Bool

  /// - Throws: `ServiceError` for no body, and for a form that can't be read or has no parts.
  init(_ request: HTTPRequest) throws(ServiceError) {
    guard !request.body.bytes.isEmpty else { throw .image(.empty) }
    guard let type = request.headers["content-type"], MultipartForm.isAnnounced(by: type) else {
      (parts, isForm) = ([(nil, request.body.bytes)], false)
      return
    }
    let form: MultipartForm
    do throws(MultipartError) {
      form = try MultipartForm(contentType: type, body: request.body.bytes)
    } catch {
      throw .badRequest(error.description)
    }
    guard !form.parts.isEmpty else {
      throw .badRequest("expected at least one image in the form, as 'curl -F image=@photo.jpg' sends")
    }
    parts = form.parts.map { ($0.filename ?? $0.name, Array(request.body.bytes[$0.content])) }
    isForm = true
  }
}
