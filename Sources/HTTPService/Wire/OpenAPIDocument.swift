import Inference

/// The description of the service's whole surface that clients and testing tools read: OpenAPI 3.1, in JSON.
///
/// What a model decides stands in it as numbers, so that every request it allows is one that the model takes.
package struct OpenAPIDocument: Sendable, Equatable {
  /// The server's version.
  package let version: String
  /// Classes of the model.
  package let classCount: Int
  /// H of the model's images.
  package let height: Int
  /// W of the model's images.
  package let width: Int
  /// Most images of one request.
  package let imageLimit: Int
  /// Experts of a Soft MoE layer; 0 without one.
  package let expertCount: Int
  /// Indices of the Soft MoE blocks.
  package let layers: [Int]

  /// Describes a service.
  ///
  /// - Parameter version: text that needs no escapes in JSON.
  package init(
    version: String, classCount: Int, height: Int, width: Int, imageLimit: Int, expertCount: Int,
    layers: [Int]
  ) {
    self.version = version
    self.classCount = classCount
    self.height = height
    self.width = width
    self.imageLimit = imageLimit
    self.expertCount = expertCount
    self.layers = layers
  }

  /// The JSON.
  package var text: String {
    #"""
    {
      "openapi": "3.1.0",
      "info": {
        "title": "softmoe", "version": "\#(version)",
        "summary": "Image classification by Soft Mixture-of-Experts Vision Transformers",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
      },
      "security": [{}, {"bearer": []}, {"apiKey": []}],
      "tags": [
        {"name": "inference", "description": "Images in, classes or features out"},
        {"name": "experts", "description": "What the experts do, live and for one image"},
        {"name": "operation", "description": "Probes, metrics, what serves"},
        {"name": "v2", "description": "KServe's Open Inference Protocol, with three of Triton's extensions"}
      ],
      "paths": {
    \#(servicePaths),
    \#(expertPaths),
    \#(inferPaths)
      },
      "components": {
    \#(messageParts),
        "responses": {
    \#(responses)
        },
        "schemas": {
    \#(serviceSchemas),
    \#(expertSchemas),
    \#(inferSchemas),
    \#(inferMetadata)
        }
      }
    }
    """#
  }
}
