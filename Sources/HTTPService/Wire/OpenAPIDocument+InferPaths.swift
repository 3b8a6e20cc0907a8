import Inference

extension OpenAPIDocument {
  /// The Open Inference Protocol's routes.
  var inferPaths: String {
    #"""
    "/v2": {
      "get": {
        "operationId": "v2Server", "tags": ["v2"], "summary": "The server and its extensions",
        "responses": {
          "200": {
            "description": "Who serves",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServerMetadata"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"}
        }
      }
    },
    "/v2/health/live": {
      "get": {
        "operationId": "v2Live", "tags": ["v2"], "summary": "Whether the server lives", "security": [],
        "responses": {
          "200": {
            "description": "It lives", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServerLive"}}}
          },
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"}
        }
      }
    },
    "/v2/health/ready": {
      "get": {
        "operationId": "v2Ready", "tags": ["v2"], "summary": "Whether the server takes requests",
        "security": [],
        "responses": {
          "200": {
            "description": "It takes requests",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ServerReady"}}}
          },
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    \#(modelPaths("/v2/models/{model}", ["Model"])),
    \#(modelPaths("/v2/models/{model}/versions/{version}", ["Model", "Version"], suffix: "Version"))
    """#
  }

  /// The routes of a model, by its name alone or with its version.
  ///
  /// - Parameters:
  ///   - parameters: of the path, by their names among the components.
  ///   - suffix: what tells the operations' names from those of the other path.
  private func modelPaths(_ path: String, _ parameters: [String], suffix: String = "") -> String {
    let parameters = parameters.map { ##"{"$ref": "#/components/parameters/\##($0)"}"## }.joined(
      separator: ", ")
    let description = #"""
      "401": {"$ref": "#/components/responses/V2Unauthorized"},
      "404": {"$ref": "#/components/responses/V2NotFound"},
      "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
      "503": {"$ref": "#/components/responses/V2Unavailable"}
      """#
    return #"""
      "\#(path)": {
        "parameters": [\#(parameters)],
        "get": {
          "operationId": "v2Model\#(suffix)", "tags": ["v2"], "summary": "The tensors that a model takes and gives",
          "responses": {
            "200": {
              "description": "The model", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelMetadata"}}}
            },
            \#(description)
          }
        }
      },
      "\#(path)/ready": {
        "parameters": [\#(parameters)],
        "get": {
          "operationId": "v2ModelReady\#(suffix)", "tags": ["v2"], "summary": "Whether a model takes requests",
          "responses": {
            "200": {
              "description": "It takes requests",
              "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelReady"}}}
            },
            \#(description)
          }
        }
      },
      "\#(path)/stats": {
        "parameters": [\#(parameters)],
        "get": {
          "operationId": "v2ModelStatistics\#(suffix)", "tags": ["v2"], "summary": "Counts and times since the start",
          "responses": {
            "200": {
              "description": "The statistics",
              "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
              "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelStatistics"}}}
            },
            \#(description)
          }
        }
      },
      "\#(path)/infer": {
        "parameters": [\#(parameters)],
        "post": {
          "operationId": "v2Infer\#(suffix)", "tags": ["v2"], "summary": "Infer a batch of images",
          "parameters": [
            {"$ref": "#/components/parameters/HeaderLength"},
            \#(requestHeaders)
          ],
          "requestBody": {"$ref": "#/components/requestBodies/Infer"},
          "responses": {
            "200": {"$ref": "#/components/responses/Inferred"},
            "400": {"$ref": "#/components/responses/V2BadRequest"},
            "401": {"$ref": "#/components/responses/V2Unauthorized"},
            "404": {"$ref": "#/components/responses/V2NotFound"},
            "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
            "408": {"$ref": "#/components/responses/V2RequestTimeout"},
            "413": {"$ref": "#/components/responses/V2PayloadTooLarge"},
            "415": {"$ref": "#/components/responses/V2UnsupportedMediaType"},
            "422": {"$ref": "#/components/responses/V2UndecodableImage"},
            "429": {"$ref": "#/components/responses/V2Overloaded"},
            "500": {"$ref": "#/components/responses/V2InternalError"},
            "503": {"$ref": "#/components/responses/V2Unavailable"},
            "504": {"$ref": "#/components/responses/V2DeadlineExceeded"}
          }
        }
      }
      """#
  }
}
