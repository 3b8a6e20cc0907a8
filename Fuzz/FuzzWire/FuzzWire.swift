import FuzzDriver
import Glibc
import HTTPService

/// Reads each input as what a client might send, in the format that SOFTMOE_FUZZ_FORMAT names.
@main struct FuzzWire {
  static func main() {
    let formats = ["multipart": multipart, "inferJSON": inferJSON, "inferBinary": inferBinary]
    guard let read = setting("SOFTMOE_FUZZ_FORMAT").flatMap({ formats[$0] }) else { exit(2) }
    FuzzWire.read = read
    exit(
      fuzz { start, count in
        FuzzWire.read(Array(UnsafeBufferPointer(start: start, count: count)))
        return 0
      })
  }

  nonisolated(unsafe) private static var read: ([UInt8]) -> Void = { _ in }

  /// The Content-Type's value, a newline, the body.
  private static func multipart(_ input: [UInt8]) {
    let (type, body) = firstLine(input)
    guard let form = try? MultipartForm(contentType: type, body: body) else { return }
    var end = 0
    for part in form.parts {
      precondition(part.content.startIndex >= end && part.content.endIndex <= body.count)
      end = part.content.endIndex
    }
  }

  private static func inferJSON(_ input: [UInt8]) { infer(input, headerLength: nil) }

  /// The header with the JSON's length, a newline, the body.
  private static func inferBinary(_ input: [UInt8]) {
    let (length, body) = firstLine(input)
    infer(body, headerLength: length)
  }

  private static func infer(_ body: [UInt8], headerLength: String?) {
    let request: InferRequest
    do {
      request = try InferRequest.decode(body: body, headerLength: headerLength)
    } catch {
      precondition("\(error)".utf8.allSatisfy { (0x20...0x7E).contains($0) })
      return
    }
    precondition((1...1000).contains(request.input.imageCount) && !request.outputs.isEmpty)
    switch request.input {
    case .images(let images): precondition(images.allSatisfy { $0.count <= body.count })
    case .pixels(let shape, let values):
      precondition(values.count == shape.count && values.allSatisfy(\.isFinite))
    }
    let response = InferResponse(
      modelName: "m", id: request.id,
      outputs: request.outputs.map { output in
        InferResponse.Tensor(output, values: [0.25, 0.5], imageCount: 1, labels: ["cat", "dog"])
      })
    precondition((try? response.message()) != nil)
  }

  private static func firstLine(_ input: [UInt8]) -> (String, [UInt8]) {
    let line = input.prefix { $0 != UInt8(ascii: "\n") }
    return (String(decoding: line, as: UTF8.self), Array(input[line.endIndex...].dropFirst()))
  }
}
