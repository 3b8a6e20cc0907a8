import CMicroHTTPD

// The functions that libmicrohttpd calls. Each unwraps its context and calls one method.
//
// An exchange is retained when its request line has been read and released when libmicrohttpd
// tells that the request is over, which it does exactly once.

func beginExchange(
  context: UnsafeMutableRawPointer?, target: UnsafePointer<CChar>?, connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
  guard let context, let target, let connection else { return nil }
  let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
  let exchange = server.begin(connection, target: String(cString: target))
  return Unmanaged.passRetained(exchange).toOpaque()
}

func advanceExchange(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?, url: UnsafePointer<CChar>?,
  method: UnsafePointer<CChar>?, version: UnsafePointer<CChar>?, upload: UnsafePointer<CChar>?,
  uploadCount: UnsafeMutablePointer<Int>?, state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
  guard let context, let method, let uploadCount, let exchange = state?.pointee else { return MHD_Result.NO }
  let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
  let piece = UnsafeRawBufferPointer(start: upload, count: uploadCount.pointee)
  uploadCount.pointee = 0
  let goesOn = server.advance(
    Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(), method: String(cString: method),
    upload: piece)
  return goesOn ? MHD_Result.YES : MHD_Result.NO
}

func completeExchange(
  context: UnsafeMutableRawPointer?, connection: OpaquePointer?,
  state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, reason: MHD_RequestTerminationCode
) {
  guard let context, let exchange = state?.pointee else { return }
  state?.pointee = nil
  let server = Unmanaged<HTTPServer>.fromOpaque(context).takeUnretainedValue()
  server.complete(Unmanaged<Exchange>.fromOpaque(exchange).takeRetainedValue())
}
