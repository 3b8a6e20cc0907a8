import MicroHTTP

/// The images of a request's body.
struct ImageBody {
  /// Each with the name that its result carries.
  let parts: [(name: String?, bytes: [UInt8])]
  /// Whether they came as a form, whose parts are answered one by one.
  let isForm: Bool

  init(_ request: HTTPRequest) throws(ServiceError) {
    guard !request.body.isEmpty else { throw .image(.empty) }
    (parts, isForm) = ([(nil, request.body)], false)
  }
}
