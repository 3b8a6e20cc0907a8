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
          {"$ref": "#/components/parameters/RequestTimeout"},
          {"$ref": "#/components/parameters/RequestID"},
          {"$ref": "#/components/parameters/Traceparent"}
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Images"},
        "responses": {
          "200": {
            "description": "The classes of the image, or of each part of a form in their order",
            "headers": {
              "x-request-id": {"$ref": "#/components/headers/RequestID"},
              "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
              "x-batch-size": {"$ref": "#/components/headers/BatchSize"},
              "x-model-weights": {"$ref": "#/components/headers/ModelWeights"}
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
    "/embed": {
      "post": {
        "operationId": "embed", "tags": ["inference"],
        "summary": "The pooled features of one image, or of each image of a form",
        "parameters": [
          {"$ref": "#/components/parameters/RequestTimeout"},
          {"$ref": "#/components/parameters/RequestID"},
          {"$ref": "#/components/parameters/Traceparent"}
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Images"},
        "responses": {
          "200": {
            "description": "The features of the image, or of each part of a form in their order",
            "headers": {
              "x-request-id": {"$ref": "#/components/headers/RequestID"},
              "Server-Timing": {"$ref": "#/components/headers/ServerTiming"},
              "x-batch-size": {"$ref": "#/components/headers/BatchSize"},
              "x-model-weights": {"$ref": "#/components/headers/ModelWeights"}
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
