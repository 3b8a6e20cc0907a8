import Foundation

/// Bytes that other programs made: Fixtures/README.md says which.
func fixture(_ name: String, in folder: String = "Fixtures") throws -> [UInt8] {
  try [UInt8](
    Data(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "\(folder)/\(name)"))
  )
}

/// A file of a Content-Type's value, a newline and the body.
func multipartFixture(_ name: String, in folder: String = "Fixtures") throws -> (type: String, body: [UInt8])
{
  let bytes = try fixture(name, in: folder)
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
  return (String(decoding: line, as: UTF8.self), Array(bytes[(line.endIndex + 1)...]))
}

/// A file of the Inference-Header-Content-Length or nothing, a newline and the body.
func inferFixture(
  _ name: String, in folder: String = "Fixtures"
) throws -> (body: [UInt8], headerLength: String?) {
  let bytes = try fixture(name, in: folder)
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
  let headerLength = line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
  return (Array(bytes[(line.endIndex + 1)...]), headerLength)
}
