/// The description of the service's whole surface that clients and testing tools read: OpenAPI 3.1, in JSON.
///
/// What a model decides stands in it as numbers, so that every request it allows is one that the model takes.
public struct OpenAPIDocument: Sendable, Equatable {
  /// The server's version.
  public let version: String
  /// Classes of the model.
  public let classCount: Int
  /// H of the model's images.
  public let height: Int
  /// W of the model's images.
  public let width: Int
  /// Most images of one request.
  public let imageLimit: Int

  /// Describes a service.
  ///
  /// - Parameter version: text that needs no escapes in JSON.
  public init(version: String, classCount: Int, height: Int, width: Int, imageLimit: Int) {
    self.version = version
    self.classCount = classCount
    self.height = height
    self.width = width
    self.imageLimit = imageLimit
  }

  /// The JSON.
  public var text: String {
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
        {"name": "operation", "description": "Probes, metrics, what serves"},
        {"name": "v2", "description": "KServe's Open Inference Protocol, with three of Triton's extensions"}
      ],
      "paths": {
    \#(servicePaths),
    \#(inferPaths)
      },
      "components": {
    \#(messageParts),
        "responses": {
    \#(responses)
        },
        "schemas": {
    \#(serviceSchemas),
    \#(inferSchemas)
        }
      }
    }
    """#
  }
}
