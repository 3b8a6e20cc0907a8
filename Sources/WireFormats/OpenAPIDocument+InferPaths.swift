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
    "/v2/models/{model}": {
      "parameters": [{"$ref": "#/components/parameters/Model"}],
      "get": {
        "operationId": "v2Model", "tags": ["v2"], "summary": "The tensors that a model takes and gives",
        "responses": {
          "200": {
            "description": "The model", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelMetadata"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/ready": {
      "parameters": [{"$ref": "#/components/parameters/Model"}],
      "get": {
        "operationId": "v2ModelReady", "tags": ["v2"], "summary": "Whether a model takes requests",
        "responses": {
          "200": {
            "description": "It takes requests",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelReady"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/stats": {
      "parameters": [{"$ref": "#/components/parameters/Model"}],
      "get": {
        "operationId": "v2ModelStatistics", "tags": ["v2"], "summary": "Counts and times since the start",
        "responses": {
          "200": {
            "description": "The statistics",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelStatistics"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/infer": {
      "parameters": [{"$ref": "#/components/parameters/Model"}],
      "post": {
        "operationId": "v2Infer", "tags": ["v2"], "summary": "Infer a batch of images",
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
    },
    "/v2/models/{model}/versions/{version}": {
      "parameters": [{"$ref": "#/components/parameters/Model"}, {"$ref": "#/components/parameters/Version"}],
      "get": {
        "operationId": "v2ModelVersion", "tags": ["v2"], "summary": "The tensors that a model takes and gives",
        "responses": {
          "200": {
            "description": "The model", "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelMetadata"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/versions/{version}/ready": {
      "parameters": [{"$ref": "#/components/parameters/Model"}, {"$ref": "#/components/parameters/Version"}],
      "get": {
        "operationId": "v2ModelReadyVersion", "tags": ["v2"], "summary": "Whether a model takes requests",
        "responses": {
          "200": {
            "description": "It takes requests",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelReady"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/versions/{version}/stats": {
      "parameters": [{"$ref": "#/components/parameters/Model"}, {"$ref": "#/components/parameters/Version"}],
      "get": {
        "operationId": "v2ModelStatisticsVersion", "tags": ["v2"],
        "summary": "Counts and times since the start",
        "responses": {
          "200": {
            "description": "The statistics",
            "headers": {"x-request-id": {"$ref": "#/components/headers/RequestID"}},
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ModelStatistics"}}}
          },
          "401": {"$ref": "#/components/responses/V2Unauthorized"},
          "404": {"$ref": "#/components/responses/V2NotFound"},
          "405": {"$ref": "#/components/responses/V2MethodNotAllowed"},
          "503": {"$ref": "#/components/responses/V2Unavailable"}
        }
      }
    },
    "/v2/models/{model}/versions/{version}/infer": {
      "parameters": [{"$ref": "#/components/parameters/Model"}, {"$ref": "#/components/parameters/Version"}],
      "post": {
        "operationId": "v2InferVersion", "tags": ["v2"], "summary": "Infer a batch of images",
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
