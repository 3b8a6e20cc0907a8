/// What the routes of inference have in common.
extension OpenAPIDocument {
  /// The headers that any request may bring.
  var requestHeaders: String {
    #"""
    {"$ref": "#/components/parameters/RequestTimeout"},
    {"$ref": "#/components/parameters/RequestID"},
    {"$ref": "#/components/parameters/Traceparent"}
    """#
  }

  /// The headers of an answer that was inferred.
  var inferenceHeaders: String {
    #"""
    "x-request-id": {"$ref": "#/components/headers/RequestID"},
    "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
    "x-batch-size": {"$ref": "#/components/headers/BatchSize"},
    "x-model-weights": {"$ref": "#/components/headers/ModelWeights"}
    """#
  }

  /// What can go wrong with images.
  var inferenceErrors: String {
    #"""
    "400": {"$ref": "#/components/responses/BadRequest"},
    "401": {"$ref": "#/components/responses/Unauthorized"},
    "405": {"$ref": "#/components/responses/MethodNotAllowed"},
    "408": {"$ref": "#/components/responses/RequestTimeout"},
    "413": {"$ref": "#/components/responses/PayloadTooLarge"},
    "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
    "422": {"$ref": "#/components/responses/UndecodableImage"},
    "429": {"$ref": "#/components/responses/Overloaded"},
    "500": {"$ref": "#/components/responses/InternalError"},
    "503": {"$ref": "#/components/responses/Unavailable"},
    "504": {"$ref": "#/components/responses/DeadlineExceeded"}
    """#
  }
}
