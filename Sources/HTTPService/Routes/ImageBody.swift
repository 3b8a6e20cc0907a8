/// The images of a request's body: the body itself, or each part of a form. None is copied.
struct ImageBody {
  /// Each with the name that its result carries.
  let parts: [(name: String?, bytes: ArraySlice<UInt8>)]
  /// Whether they came as a form, whose parts are answered one by one.
  let isForm: Bool

  /// - Throws: `ServiceError` for no body, and for a form that can't be read or has no parts.
  init(_ body: [UInt8], contentType: String?) throws(ServiceError) {
    guard !body.isEmpty else { throw .image(.empty) }
    guard let contentType, MultipartForm.isAnnounced(by: contentType) else {
      (parts, isForm) = ([(nil, body[...])], false)
      return
    }
    let form: MultipartForm
    do throws(MultipartError) {
      form = try MultipartForm(contentType: contentType, body: body)
    } catch {
      throw .badRequest(error.description)
    }
    guard !form.parts.isEmpty else {
      throw .badRequest("expected at least one image in the form, as 'curl -F image=@photo.jpg' sends")
    }
    parts = form.parts.map { ($0.filename ?? $0.name, $0.content) }
    isForm = true
  }
}
