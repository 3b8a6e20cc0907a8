import Inference

extension OpenAPIDocument {
  /// Security, parameters, bodies and headers.
  var messageParts: String {
    #"""
    "securitySchemes": {
      "bearer": {
        "type": "http", "scheme": "bearer", "description": "One of the server's keys, where it has any"
      },
      "apiKey": {
        "type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same in another header"
      }
    },
    "parameters": {
      "Model": {
        "name": "model", "in": "path", "required": true, "description": "The name that /info tells",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
      },
      "Version": {
        "name": "version", "in": "path", "required": true, "description": "One that the model's metadata names",
        "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"}
      },
      "RequestTimeout": {
        "name": "x-request-timeout-ms", "in": "header",
        "description": "Answer 504 rather than later; the server's own limit holds too",
        "schema": {"type": "integer", "minimum": 1}
      },
      "RequestID": {
        "name": "x-request-id", "in": "header",
        "description": "Echoed, and shown in the log, where it is 1 to 128 of A-Z a-z 0-9 . _ : -; another is replaced",
        "schema": {"type": "string"}
      },
      "Traceparent": {
        "name": "traceparent", "in": "header", "description": "W3C trace context, passed through where it is one",
        "schema": {"type": "string"}
      },
      "HeaderLength": {
        "name": "Inference-Header-Content-Length", "in": "header",
        "description": "Bytes of JSON before the binary tensor data; without it the whole body is JSON",
        "schema": {"type": "integer", "minimum": 1}
      }
    },
    "requestBodies": {
      "Images": {
        "required": true,
        "description": "A JPEG, PNG or WebP, told by its first bytes whatever the type says, or a form of them",
        "content": {
          "image/jpeg": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "image/png": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "image/webp": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "application/octet-stream": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "multipart/form-data": {
            "schema": {
              "type": "object", "minProperties": 1, "description": "Parts may have any name",
              "additionalProperties": {"$ref": "#/components/schemas/Bytes"},
              "properties": {
                "image": {
                  "type": "array", "items": {"$ref": "#/components/schemas/Bytes"}, "minItems": 1,
                  "maxItems": \#(imageLimit)
                }
              }
            },
            "encoding": {
              "image": {"contentType": "image/jpeg, image/png, image/webp, application/octet-stream"}
            }
          }
        }
      },
      "Image": {
        "required": true, "description": "A JPEG, PNG or WebP, told by its first bytes whatever the type says",
        "content": {
          "image/jpeg": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "image/png": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "image/webp": {"schema": {"$ref": "#/components/schemas/Bytes"}},
          "application/octet-stream": {"schema": {"$ref": "#/components/schemas/Bytes"}}
        }
      },
      "Infer": {
        "required": true,
        "content": {
          "application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}},
          "application/octet-stream": {"schema": {"$ref": "#/components/schemas/Bytes"}}
        }
      }
    },
    "headers": {
      "RequestID": {"description": "The request's id", "schema": {"type": "string"}},
      "ServerTiming": {
        "description": "Milliseconds of decode, queue, inference and total; of several images the slowest",
        "schema": {"type": "string"}
      },
      "BatchSize": {
        "description": "Images in the batch that ran; of several batches the largest",
        "schema": {"type": "integer", "minimum": 0}
      },
      "ModelWeights": {
        "description": "The weights' identity", "schema": {"type": "string", "pattern": "^[0-9a-f]+$"}
      },
      "HeaderLength": {
        "description": "Bytes of JSON before the binary tensor data",
        "schema": {"type": "integer", "minimum": 1}
      },
      "RetryAfter": {
        "description": "Seconds until a request like this one is answered in time",
        "schema": {"type": "integer", "minimum": 0}
      },
      "Allow": {"description": "The methods that the route takes", "schema": {"type": "string"}},
      "Authenticate": {"description": "How to send a key", "schema": {"type": "string"}}
    }
    """#
  }
}
