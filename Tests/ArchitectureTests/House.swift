/// Which module may import which, floor by floor from the ground. A module imports what stands before it, so no arrow
/// points upward and none in a circle.
enum House {
  struct Room {
    let module: String
    let mayImport: Set<String>

    init(_ module: String, _ mayImport: Set<String> = []) {
      (self.module, self.mayImport) = (module, mayImport)
    }
  }

  /// System libraries and what is written in C.
  static let cellar = [
    Room("CEpoll"), Room("CGnuTLS"), Room("CJPEG"), Room("CMicroHTTPD"),
    Room("CProcessor"),
    Room("CSPNG"), Room("CWebP"), Room("CXXHash"), Room("CZlib"),
  ]

  /// Each knows only its C library, and what a checkpoint's bytes mean. The kernels' loops are compiled once for each set of instructions.
  static let ground = [
    Room("CheckpointFormat"), Room("KernelInterface", ["CheckpointFormat"]),
    Room("KernelLoops", ["CProcessor", "KernelInterface"]),
    Room("KernelsPortable", ["KernelLoops"]), Room("KernelsAVX2", ["KernelLoops"]),
    Room("KernelsAVX512", ["KernelLoops"]),
    Room(
      "Kernels",
      [
        "CheckpointFormat", "CProcessor", "KernelInterface", "KernelsPortable", "KernelsAVX2",
        "KernelsAVX512",
      ]),
    Room("Checkpoint", ["CheckpointFormat", "CXXHash"]), Room("Metrics"), Room("PlainText"),
    Room("MicroHTTP", ["CGnuTLS", "CMicroHTTPD"]), Room("ImageInput", ["CJPEG", "CSPNG", "CWebP", "CZlib"]),
  ]

  static let first = [
    Room("SoftMoEViT", ["Checkpoint", "Kernels"]),
    Room("CheckpointImport", ["CZlib", "Checkpoint", "ImageInput", "SoftMoEViT"]),
  ]

  /// Inference knows no HTTP.
  static let second = [
    Room("Inference", ["Checkpoint", "DequeModule", "HeapModule", "ImageInput", "SoftMoEViT"])
  ]

  static let third = [
    Room(
      "HTTPService",
      ["ImageInput", "Inference", "Logging", "Metrics", "MicroHTTP", "SoftMoEViT"]),
    Room("LoadGenerator", ["CEpoll", "PlainText"]),
    Room("Reports", ["Inference", "Kernels", "LoadGenerator", "PlainText", "SoftMoEViT"]),
  ]

  /// The command.
  static let roof = [
    Room(
      "softmoe",
      [
        "ArgumentParser", "Checkpoint", "CheckpointImport", "HTTPService", "ImageInput", "Inference",
        "Kernels",
        "LoadGenerator", "Logging", "MicroHTTP", "PlainText", "Reports", "ServiceLifecycle", "SoftMoEViT",
        "Yams",
      ])
  ]

  static let rooms = cellar + ground + first + second + third + roof

  /// What belongs to the language and its system.
  static let platform: Set = ["Dispatch", "FoundationEssentials", "Glibc", "Synchronization"]
  /// Other packages' modules.
  static let packages: Set = [
    "ArgumentParser", "DequeModule", "HeapModule", "Logging", "ServiceLifecycle", "Yams",
  ]
}
