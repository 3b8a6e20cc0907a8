import Inference

extension OpenAPIDocument {
  /// Responses that several routes give: an inference, and every error twice, as the service's own routes word it
  /// and, named V2…, as the protocol does.
  var responses: String {
    let families = [("", "Error"), ("V2", "InferError")]
    let errors = families.flatMap { prefix, schema in
      Self.errors.map { $0.response(prefix: prefix, schema: schema) }
    }
    return ([inferred] + errors).joined(separator: ",\n")
  }

  private var inferred: String {
    #"""
    "Inferred": {
      "description": "An InferResponse, which binary tensor data may follow",
      "headers": {
        \#(inferenceHeaders),
        "Inference-Header-Content-Length": {"$ref": "#/components/headers/HeaderLength"}
      },
      "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/InferResponse"}},
        "application/octet-stream": {"schema": {"$ref": "#/components/schemas/Bytes"}}
      }
    }
    """#
  }

  private struct ErrorResponse {
    let name: String
    let description: String
    /// The name of a header beside the request's id, and of its component.
    var header: (name: String, component: String)?

    func response(prefix: String, schema: String) -> String {
      let headers = [("x-request-id", "RequestID")] + (header.map { [($0.name, $0.component)] } ?? [])
      let references = headers.map { ##""\##($0)": {"$ref": "#/components/headers/\##($1)"}"## }
      return ##"""
        "\##(prefix)\##(name)": {
          "description": "\##(description)",
          "headers": {\##(references.joined(separator: ", "))},
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/\##(schema)"}}}
        }
        """##
    }
  }

  private static let errors = [
    ErrorResponse(
      name: "BadRequest", description: "A malformed request, or a parameter that can't be used"),
    ErrorResponse(
      name: "Unauthorized", description: "No key of the server", header: ("WWW-Authenticate", "Authenticate")),
    ErrorResponse(name: "NotFound", description: "No such route, model or version"),
    ErrorResponse(
      name: "MethodNotAllowed", description: "The route takes other methods", header: ("Allow", "Allow")),
    ErrorResponse(name: "RequestTimeout", description: "The request did not come in whole in time"),
    ErrorResponse(
      name: "PayloadTooLarge",
      description: "The body, an image's pixels or their number is above its limit; nothing was decoded"),
    ErrorResponse(
      name: "UnsupportedMediaType", description: "Not a JPEG, PNG or WebP, or a kind of one that is not read"),
    ErrorResponse(name: "UndecodableImage", description: "A damaged or truncated image"),
    ErrorResponse(
      name: "Overloaded", description: "The queue is full", header: ("Retry-After", "RetryAfter")),
    ErrorResponse(name: "InternalError", description: "The server failed"),
    ErrorResponse(name: "Unavailable", description: "Loading, or shutting down, or too many connections"),
    ErrorResponse(name: "DeadlineExceeded", description: "The deadline passed before an answer"),
  ]
}
