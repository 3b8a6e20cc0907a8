import Inference

extension OpenAPIDocument {
  /// What the Open Inference Protocol tells of server and model.
  var inferMetadata: String {
    #"""
    "ServerMetadata": {
      "type": "object", "required": ["name", "version", "extensions"],
      "properties": {
        "name": {"type": "string"}, "version": {"type": "string"},
        "extensions": {"type": "array", "items": {"type": "string"}}
      }
    },
    "ServerLive": {"type": "object", "required": ["live"], "properties": {"live": {"type": "boolean"}}},
    "ServerReady": {"type": "object", "required": ["ready"], "properties": {"ready": {"type": "boolean"}}},
    "ModelReady": {
      "type": "object", "required": ["name", "ready"],
      "properties": {"name": {"type": "string"}, "ready": {"type": "boolean"}}
    },
    "ModelMetadata": {
      "type": "object", "required": ["name", "platform", "inputs", "outputs"],
      "properties": {
        "name": {"type": "string"}, "versions": {"type": "array", "items": {"type": "string"}},
        "platform": {"type": "string"},
        "inputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}},
        "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/TensorMetadata"}}
      }
    },
    "TensorMetadata": {
      "type": "object", "required": ["name", "datatype", "shape"],
      "properties": {
        "name": {"type": "string"}, "datatype": {"enum": ["BYTES", "FP32"]},
        "shape": {"type": "array", "items": {"type": "integer", "format": "int64", "minimum": -1}}
      }
    },
    "ModelStatistics": {
      "type": "object", "required": ["model_stats"],
      "properties": {
        "model_stats": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "name",
              "last_inference",
              "inference_count",
              "execution_count",
              "inference_stats",
              "batch_stats"
            ],
            "properties": {
              "name": {"type": "string"}, "version": {"type": "string"},
              "last_inference": {"type": "integer", "minimum": 0, "description": "Milliseconds since 1970"},
              "inference_count": {"type": "integer", "minimum": 0},
              "execution_count": {"type": "integer", "minimum": 0},
              "inference_stats": {
                "type": "object",
                "required": ["success", "fail", "queue", "compute_input", "compute_infer", "compute_output"],
                "properties": {
                  "success": {"$ref": "#/components/schemas/Durations"},
                  "fail": {"$ref": "#/components/schemas/Durations"},
                  "queue": {"$ref": "#/components/schemas/Durations"},
                  "compute_input": {"$ref": "#/components/schemas/Durations"},
                  "compute_infer": {"$ref": "#/components/schemas/Durations"},
                  "compute_output": {"$ref": "#/components/schemas/Durations"}
                }
              },
              "batch_stats": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["batch_size", "compute_input", "compute_infer", "compute_output"],
                  "properties": {
                    "batch_size": {"type": "integer", "minimum": 1},
                    "compute_input": {"$ref": "#/components/schemas/Durations"},
                    "compute_infer": {"$ref": "#/components/schemas/Durations"},
                    "compute_output": {"$ref": "#/components/schemas/Durations"}
                  }
                }
              }
            }
          }
        }
      }
    },
    "Durations": {
      "type": "object", "required": ["count", "ns"],
      "properties": {"count": {"type": "integer", "minimum": 0}, "ns": {"type": "integer", "minimum": 0}}
    }
    """#
  }
}
