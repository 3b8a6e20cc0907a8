extension OpenAPIDocument {
  /// What the routes of the experts answer.
  var expertSchemas: String {
    #"""
    "Share": {"type": "number", "minimum": 0, "maximum": 1.001},
    "Shares": {"type": "array", "items": {"$ref": "#/components/schemas/Share"}},
    "Grid": {
      "type": "object", "required": ["rows", "columns"], "description": "The patches of an image",
      "properties": {"rows": {"type": "integer", "minimum": 1}, "columns": {"type": "integer", "minimum": 1}}
    },
    "Explanation": {
      "type": "object", "required": ["layers"], "description": "What each layer's experts looked at",
      "properties": {
        "grid": {"$ref": "#/components/schemas/Grid"},
        "layers": {
          "type": "array",
          "items": {
            "type": "object", "required": ["layer", "experts"],
            "properties": {
              "layer": {"type": "integer"},
              "experts": {
                "type": "array", "description": "The largest masses first",
                "items": {
                  "type": "object", "required": ["expert", "mass", "slots"],
                  "properties": {
                    "expert": {"type": "integer", "minimum": 0},
                    "mass": {"$ref": "#/components/schemas/Share"},
                    "slots": {"type": "array", "items": {"$ref": "#/components/schemas/SlotExplanation"}}
                  }
                }
              }
            }
          }
        }
      }
    },
    "SlotExplanation": {
      "type": "object", "required": ["slot", "mass", "effective_tokens", "peak", "weights"],
      "properties": {
        "slot": {"type": "integer", "minimum": 0}, "mass": {"$ref": "#/components/schemas/Share"},
        "effective_tokens": {"type": "number", "minimum": 0.99},
        "peak": {"$ref": "#/components/schemas/Share"},
        "weights": {
          "type": "string", "contentEncoding": "base64",
          "description": "A byte for each patch, row by row: its dispatch weight is byte / 255 · peak"
        }
      }
    },
    "Usage": {
      "type": "object", "required": ["images"], "description": "Over no image only their number",
      "properties": {
        "images": {"type": "integer", "minimum": 0},
        "effective_experts": {"type": "number", "minimum": 0.99},
        "gini": {"$ref": "#/components/schemas/Share"}, "max_over_mean": {"type": "number", "minimum": 0.99},
        "effective_tokens": {"type": "number", "minimum": 0.99},
        "largest_dispatch": {"$ref": "#/components/schemas/Share"},
        "expert_mass": {"$ref": "#/components/schemas/Shares"},
        "divergence": {"$ref": "#/components/schemas/Share"},
        "divergence_limit": {"$ref": "#/components/schemas/Share"},
        "slot_mass": {"$ref": "#/components/schemas/Shares"},
        "slot_effective_tokens": {"type": "array", "items": {"type": "number", "minimum": 0.99}},
        "slot_largest_dispatch": {"$ref": "#/components/schemas/Shares"},
        "token_contribution": {
          "type": "object", "required": ["bounds", "counts", "by_position"],
          "properties": {
            "bounds": {"type": "array", "items": {"type": "number"}},
            "counts": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "by_position": {"type": "array", "items": {"type": "number", "minimum": 0}}
          }
        }
      }
    },
    "Experts": {
      "type": "object",
      "required": ["model", "weights", "window_seconds", "lifetime_images", "window_images", "layers"],
      "properties": {
        "model": {"type": "string"}, "weights": {"type": "string", "pattern": "^[0-9a-f]+$"},
        "window_seconds": {"type": "number"}, "lifetime_images": {"type": "integer", "minimum": 0},
        "window_images": {"type": "integer", "minimum": 0},
        "profile": {
          "type": "object", "required": ["images"], "properties": {"images": {"type": "integer", "minimum": 1}}
        },
        "layers": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["layer", "expert_count", "slots_per_expert", "token_count", "lifetime", "window"],
            "properties": {
              "layer": {"type": "integer"}, "expert_count": {"type": "integer"},
              "slots_per_expert": {"type": "integer"}, "token_count": {"type": "integer"},
              "lifetime": {"$ref": "#/components/schemas/Usage"}, "window": {"$ref": "#/components/schemas/Usage"}
            }
          }
        }
      }
    },
    "ExpertLayer": {
      "type": "object",
      "required": ["model", "weights", "window_seconds", "layer", "expert_count", "slots_per_expert", "token_count",
        "grid", "lifetime", "window"],
      "properties": {
        "model": {"type": "string"}, "weights": {"type": "string", "pattern": "^[0-9a-f]+$"},
        "window_seconds": {"type": "number"}, "layer": {"type": "integer"},
        "expert_count": {"type": "integer"}, "slots_per_expert": {"type": "integer"},
        "token_count": {"type": "integer"}, "grid": {"$ref": "#/components/schemas/Grid"},
        "lifetime": {"$ref": "#/components/schemas/Usage"}, "window": {"$ref": "#/components/schemas/Usage"}
      }
    }
    """#
  }
}
