extension OpenAPIDocument {
  /// The routes that show what the experts do.
  var expertPaths: String {
    #"""
    "/explain": {
      "post": {
        "operationId": "explain", "tags": ["experts"],
        "summary": "The photo as the model saw it, with one expert's dispatch weights over it",
        "parameters": [
          {
            "name": "layer", "in": "query", "required": true, "description": "A Soft MoE layer, as /info lists them",
            "schema": \#(layerSchema)
          },
          {
            "name": "expert", "in": "query", "required": true, "description": "One of the layer's experts",
            "schema": {"type": "integer", "minimum": 0, "maximum": \#(max(0, expertCount - 1))}
          },
          {"$ref": "#/components/parameters/RequestTimeout"},
          {"$ref": "#/components/parameters/RequestID"},
          {"$ref": "#/components/parameters/Traceparent"}
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Image"},
        "responses": {
          "200": {
            "description": "Bright and in colour where the expert looks, dark and grey where it doesn't",
            "headers": {
              "x-request-id": {"$ref": "#/components/headers/RequestID"},
              "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
              "x-batch-size": {"$ref": "#/components/headers/BatchSize"},
              "x-model-weights": {"$ref": "#/components/headers/ModelWeights"}
            },
            "content": {"image/png": {"schema": {"$ref": "#/components/schemas/Bytes"}}}
          },
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
        }
      }
    },
    "/v1/experts": {
      "get": {
        "operationId": "experts", "tags": ["experts"],
        "summary": "What the experts of every Soft MoE layer did: since the start, and in the sliding window",
        "responses": {
          "200": {
            "description": "Every layer, without its slots",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Experts"}}}
          },
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "405": {"$ref": "#/components/responses/MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/v1/experts/{layer}": {
      "get": {
        "operationId": "expertLayer", "tags": ["experts"], "summary": "One layer, with its slots and tokens",
        "parameters": [
          {
            "name": "layer", "in": "path", "required": true, "description": "The block's index in the model",
            "schema": \#(layerSchema)
          }
        ],
        "responses": {
          "200": {
            "description": "The layer",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ExpertLayer"}}}
          },
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "404": {"$ref": "#/components/responses/NotFound"},
          "405": {"$ref": "#/components/responses/MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/": {
      "get": {
        "operationId": "page", "tags": ["experts"], "security": [],
        "summary": "A page to try the model and to look at its experts, unless it is switched off",
        "responses": {
          "200": {
            "description": "HTML", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"text/html": {"schema": {"type": "string"}}}
          },
          "405": {"$ref": "#/components/responses/MethodNotAllowed"}
        }
      }
    }
    """#
  }

  private var layerSchema: String {
    layers.isEmpty
      ? #"{"type": "integer"}"# : #"{"enum": [\#(layers.map { String($0) }.joined(separator: ", "))]}"#
  }
}
