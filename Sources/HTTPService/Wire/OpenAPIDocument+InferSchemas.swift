import Inference

extension OpenAPIDocument {
  /// What the Open Inference Protocol's routes take and answer.
  var inferSchemas: String {
    #"""
    "InferError": {
      "type": "object", "required": ["error"],
      "properties": {
        "error": {
          "type": "string", "minLength": 1, "description": "What was expected, what was found, what to do"
        }
      }
    },
    "InferRequest": {
      "type": "object", "required": ["inputs"],
      "properties": {
        "id": {"type": ["string", "null"], "description": "Echoed"},
        "parameters": {
          "type": ["object", "null"],
          "properties": {
            "binary_data_output": {
              "type": "boolean",
              "description": "Outputs follow the JSON as binary tensor data unless they say otherwise"
            }
          }
        },
        "inputs": {
          "type": "array", "minItems": 1, "maxItems": 1,
          "items": {
            "oneOf": [
              {"$ref": "#/components/schemas/ImageInput"},
              {"$ref": "#/components/schemas/PixelsInput"}
            ]
          }
        },
        "outputs": {
          "type": ["array", "null"], "maxItems": 3, "description": "Each once; without any, all of them",
          "items": {
            "anyOf": [
              {"$ref": "#/components/schemas/ClassOutput"},
              {"$ref": "#/components/schemas/FeaturesOutput"}
            ]
          }
        }
      }
    },
    "ImageInput": {
      "type": "object", "required": ["name", "datatype", "shape", "data"],
      "description": "Encoded images, in base64",
      "properties": {
        "name": {"const": "image"}, "datatype": {"const": "BYTES"},
        "shape": {
          "type": "array", "minItems": 1, "maxItems": 2,
          "prefixItems": [{"$ref": "#/components/schemas/ImageCount"}, {"const": 1}]
        },
        "data": {
          "type": "array", "minItems": 1, "maxItems": \#(imageLimit),
          "description": "As many as the shape says, flat or nested",
          "items": {
            "oneOf": [
              {"type": "string", "contentEncoding": "base64", "minLength": 4},
              {
                "type": "array", "minItems": 1, "maxItems": 1,
                "items": {"type": "string", "contentEncoding": "base64", "minLength": 4}
              }
            ]
          }
        }
      }
    },
    "PixelsInput": {
      "type": "object", "required": ["name", "datatype", "shape", "data"],
      "description": "Images already normalised",
      "properties": {
        "name": {"const": "pixels"}, "datatype": {"const": "FP32"},
        "shape": {
          "type": "array", "minItems": 4, "maxItems": 4,
          "prefixItems": [
            {"$ref": "#/components/schemas/ImageCount"},
            {"const": 3},
            {"const": \#(height)},
            {"const": \#(width)}
          ]
        },
        "data": {
          "type": "array", "minItems": 1, "description": "Numbers, as many as the shape says, flat or nested"
        }
      }
    },
    "ImageCount": {"type": "integer", "minimum": 1, "maximum": \#(imageLimit)},
    "ClassOutput": {
      "type": "object", "required": ["name"],
      "properties": {
        "name": {"enum": ["logits", "probabilities"]},
        "parameters": {
          "type": ["object", "null"],
          "properties": {
            "binary_data": {"type": "boolean"},
            "classification": {
              "type": "integer", "format": "int32", "minimum": 1,
              "description": "So many best classes as value:index:label in place of the numbers"
            }
          }
        }
      }
    },
    "FeaturesOutput": {
      "type": "object", "required": ["name"],
      "properties": {
        "name": {"const": "features"},
        "parameters": {
          "type": ["object", "null"],
          "properties": {"binary_data": {"type": "boolean"}, "classification": false}
        }
      }
    },
    "InferResponse": {
      "type": "object", "required": ["model_name", "outputs"],
      "properties": {
        "model_name": {"type": "string"}, "model_version": {"type": "string"}, "id": {"type": "string"},
        "outputs": {
          "type": "array", "minItems": 1, "maxItems": 3, "items": {"$ref": "#/components/schemas/OutputTensor"}
        }
      }
    },
    "OutputTensor": {
      "type": "object", "required": ["name", "shape", "datatype"],
      "properties": {
        "name": {"enum": ["logits", "probabilities", "features"]}, "datatype": {"enum": ["FP32", "BYTES"]},
        "shape": {
          "type": "array", "minItems": 2, "maxItems": 2,
          "items": {"type": "integer", "format": "int64", "minimum": 1}
        },
        "parameters": {
          "type": "object",
          "properties": {"binary_data_size": {"type": "integer", "format": "int64", "minimum": 0}}
        },
        "data": {"type": "array", "items": {"type": ["number", "string"]}}
      },
      "oneOf": [{"required": ["data"]}, {"required": ["parameters"]}]
    }
    """#
  }
}
