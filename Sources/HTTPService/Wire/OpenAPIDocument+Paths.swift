extension OpenAPIDocument {
  /// The service's own routes.
  var servicePaths: String {
    #"""
    "/classify": {
      "post": {
        "operationId": "classify", "tags": ["inference"],
        "summary": "The likeliest classes of one image, or of each image of a form",
        "parameters": [
          {
            "name": "top_k", "in": "query", "description": "How many classes",
            "schema": {
              "type": "integer", "format": "int32", "minimum": 1, "maximum": \#(classCount),
              "default": \#(min(5, classCount))
            }
          },
          {
            "name": "logits", "in": "query", "description": "Answer the numbers before the softmax too",
            "schema": {"$ref": "#/components/schemas/Flag"}
          },
          {
            "name": "explain", "in": "query", "description": "Answer what each layer's experts looked at too",
            "schema": {"$ref": "#/components/schemas/Flag"}
          },
          {
            "name": "experts", "in": "query", "description": "How many experts of each layer are explained",
            "schema": {
              "oneOf": [
                {"const": "all"},
                {"type": "integer", "format": "int32", "minimum": 1, "maximum": \#(max(1, expertCount))}
              ],
              "default": \#(max(1, min(5, expertCount)))
            }
          },
          \#(requestHeaders)
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Images"},
        "responses": {
          "200": {
            "description": "The classes of the image, or of each part of a form in their order",
            "headers": {
              \#(inferenceHeaders)
            },
            "content": {
              "application/json": {
                "schema": {
                  "oneOf": [
                    {"$ref": "#/components/schemas/Classification"},
                    {"$ref": "#/components/schemas/Classifications"}
                  ]
                }
              }
            }
          },
          \#(inferenceErrors)
        }
      }
    },
    "/embed": {
      "post": {
        "operationId": "embed", "tags": ["inference"],
        "summary": "The pooled features of one image, or of each image of a form",
        "parameters": [
          \#(requestHeaders)
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Images"},
        "responses": {
          "200": {
            "description": "The features of the image, or of each part of a form in their order",
            "headers": {
              \#(inferenceHeaders)
            },
            "content": {
              "application/json": {
                "schema": {
                  "oneOf": [
                    {"$ref": "#/components/schemas/Embedding"},
                    {"$ref": "#/components/schemas/Embeddings"}
                  ]
                }
              }
            }
          },
          \#(inferenceErrors)
        }
      }
    },
    "/metrics": {
      "get": {
        "operationId": "metrics", "tags": ["operation"], "summary": "Prometheus metrics",
        "responses": {
          "200": {
            "description": "Text", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"text/plain": {"schema": {"type": "string"}}}
          },
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "405": {"$ref": "#/components/responses/MethodNotAllowed"}
        }
      }
    },
    "/livez": {
      "get": {
        "operationId": "live", "tags": ["operation"], "summary": "Whether the process lives", "security": [],
        "responses": {
          "200": {
            "description": "Text", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"text/plain": {"schema": {"type": "string"}}}
          },
          "405": {"$ref": "#/components/responses/MethodNotAllowed"}
        }
      }
    },
    "/readyz": {
      "get": {
        "operationId": "ready", "tags": ["operation"], "summary": "Whether it takes requests", "security": [],
        "responses": {
          "200": {
            "description": "Text", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"text/plain": {"schema": {"type": "string"}}}
          },
          "405": {"$ref": "#/components/responses/MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/health": {
      "get": {
        "operationId": "health", "tags": ["operation"], "summary": "The same as /readyz", "security": [],
        "responses": {
          "200": {
            "description": "Text", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"text/plain": {"schema": {"type": "string"}}}
          },
          "405": {"$ref": "#/components/responses/MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/info": {
      "get": {
        "operationId": "info", "tags": ["operation"],
        "summary": "The model, its preprocessing, the limits, the build",
        "responses": {
          "200": {
            "description": "What serves",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Info"}}}
          },
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "405": {"$ref": "#/components/responses/MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/Unavailable"}
        }
      }
    },
    "/openapi.json": {
      "get": {
        "operationId": "description", "tags": ["operation"], "summary": "This document",
        "responses": {
          "200": {
            "description": "OpenAPI 3.1",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"type": "object"}}}
          },
          "401": {"$ref": "#/components/responses/Unauthorized"},
          "405": {"$ref": "#/components/responses/MethodNotAllowed"}
        }
      }
    }
    """#
  }
}
