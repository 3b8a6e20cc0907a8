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
          \#(requestHeaders)
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Image"},
        "responses": {
          "200": {
            "description": "Bright and in colour where the expert looks, dark and grey where it doesn't",
            "headers": {
              \#(inferenceHeaders)
            },
            "content": {"image/png": {"schema": {"$ref": "#/components/schemas/Bytes"}}}
          },
          \#(inferenceErrors)
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
