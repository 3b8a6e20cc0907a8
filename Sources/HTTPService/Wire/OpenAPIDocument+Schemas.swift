extension OpenAPIDocument {
  /// What the service's own routes answer.
  var serviceSchemas: String {
    #"""
    "Bytes": {"type": "string", "format": "binary", "description": "Any bytes"},
    "Flag": {"enum": ["", "0", "1", "true", "false"], "default": "0", "description": "Empty is 1"},
    "Error": {
      "type": "object", "required": ["error", "error_type", "request_id"],
      "properties": {
        "error": {
          "type": "string", "minLength": 1, "description": "What was expected, what was found, what to do"
        },
        "error_type": {
          "type": "string", "minLength": 1, "description": "A word for programs",
          "examples": ["bad_request", "overloaded"]
        },
        "request_id": {
          "type": "string", "minLength": 1, "description": "As in x-request-id and in the server's log"
        }
      }
    },
    "Prediction": {
      "type": "object", "required": ["label", "index", "probability"],
      "properties": {
        "label": {"type": "string"},
        "index": {"type": "integer", "minimum": 0, "maximum": \#(classCount - 1)},
        "probability": {"type": "number", "format": "float", "minimum": 0, "maximum": 1}
      }
    },
    "Predictions": {
      "type": "array", "description": "Likeliest first", "minItems": 1, "maxItems": \#(classCount),
      "items": {"$ref": "#/components/schemas/Prediction"}
    },
    "Logits": {
      "type": "array", "minItems": \#(classCount), "maxItems": \#(classCount),
      "items": {"type": "number", "format": "float"}
    },
    "Features": {"type": "array", "minItems": 1, "items": {"type": "number", "format": "float"}},
    "Classification": {
      "type": "object", "required": ["model", "predictions"],
      "properties": {
        "model": {"type": "string"}, "predictions": {"$ref": "#/components/schemas/Predictions"},
        "logits": {"$ref": "#/components/schemas/Logits"},
        "explanation": {"$ref": "#/components/schemas/Explanation"}
      }
    },
    "Classifications": {
      "type": "object", "required": ["model", "results"],
      "properties": {
        "model": {"type": "string"},
        "results": {
          "type": "array", "minItems": 1,
          "items": {
            "oneOf": [
              {"$ref": "#/components/schemas/PartError"},
              {
                "type": "object", "required": ["name", "predictions"],
                "properties": {
                  "name": {"type": "string"}, "predictions": {"$ref": "#/components/schemas/Predictions"},
                  "logits": {"$ref": "#/components/schemas/Logits"},
                  "explanation": {"$ref": "#/components/schemas/Explanation"}
                }
              }
            ]
          }
        }
      }
    },
    "Embedding": {
      "type": "object", "required": ["model", "embedding"],
      "properties": {"model": {"type": "string"}, "embedding": {"$ref": "#/components/schemas/Features"}}
    },
    "Embeddings": {
      "type": "object", "required": ["model", "results"],
      "properties": {
        "model": {"type": "string"},
        "results": {
          "type": "array", "minItems": 1,
          "items": {
            "oneOf": [
              {"$ref": "#/components/schemas/PartError"},
              {
                "type": "object", "required": ["name", "embedding"],
                "properties": {
                  "name": {"type": "string"}, "embedding": {"$ref": "#/components/schemas/Features"}
                }
              }
            ]
          }
        }
      }
    },
    "PartError": {
      "type": "object", "required": ["name", "error", "error_type"],
      "properties": {
        "name": {"type": "string", "description": "The part's file name, or else its field's name"},
        "error": {"type": "string", "minLength": 1}, "error_type": {"type": "string", "minLength": 1}
      }
    },
    "Info": {
      "type": "object", "required": ["version", "model", "preprocessing", "engine", "limits"],
      "properties": {
        "version": {"type": "string"},
        "model": {
          "type": "object",
          "required": ["name", "weights", "image_height", "image_width", "class_count", "labels"],
          "properties": {
            "name": {"type": "string"}, "weights": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "image_height": {"type": "integer", "minimum": 1}, "image_width": {"type": "integer", "minimum": 1},
            "class_count": {"type": "integer", "minimum": 1},
            "labels": {"type": "array", "items": {"type": "string"}}
          }
        },
        "preprocessing": {"type": "object"}, "engine": {"type": "object"}, "limits": {"type": "object"}
      }
    }
    """#
  }
}
