// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// Kernels alone drop the run-time checks: their loops are the hot ones and their bounds are checked
/// once, at each kernel's entry. `instructions` are those that a module may use beyond the baseline.
func kernels(_ instructions: String...) -> [SwiftSetting] {
  strict + [.unsafeFlags(["-Ounchecked"] + instructions.flatMap { ["-Xcc", "-m\($0)"] })]
}

/// The inner loops (Sources/KernelLoops) are compiled once for each set of instructions; which of them
/// runs is decided when the program starts.
#if arch(x86_64)
  let vectorKernels: [Target] = [
    .target(
      name: "KernelsAVX2", dependencies: ["CProcessor", "KernelInterface"],
      swiftSettings: kernels("avx2", "fma")),
    .target(
      name: "KernelsAVX512", dependencies: ["CProcessor", "KernelInterface"],
      swiftSettings: kernels("avx2", "fma", "avx512f", "avx512vl", "avx512bw", "avx512dq")),
  ]
#else
  let vectorKernels: [Target] = []
#endif

let package = Package(
  name: "softmoe",
  products: [
    .executable(name: "softmoe", targets: ["softmoe"]),
    .library(name: "SoftMoEViT", targets: ["SoftMoEViT"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.10.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // C libraries: a module map each.
    .systemLibrary(
      name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
    .systemLibrary(name: "CGnuTLS", pkgConfig: "gnutls", providers: [.apt(["libgnutls28-dev"])]),
    .systemLibrary(name: "CSPNG", pkgConfig: "spng", providers: [.apt(["libspng-dev"])]),
    .systemLibrary(name: "CWebP", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CEpoll"),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),

    // Ground floor: each knows only its C library, and what a checkpoint's bytes mean.
    .target(name: "CheckpointFormat", swiftSettings: strict),
    .target(name: "CProcessor"),
    .target(name: "KernelInterface", dependencies: ["CheckpointFormat"], swiftSettings: kernels()),
    .target(
      name: "KernelsPortable", dependencies: ["CProcessor", "KernelInterface"], swiftSettings: kernels(),
      linkerSettings: [.linkedLibrary("m")]),
    .target(
      name: "Kernels",
      dependencies: ["CheckpointFormat", "CProcessor", "KernelInterface", "KernelsPortable"]
        + vectorKernels.map { .byName(name: $0.name) }, swiftSettings: kernels()),
    .target(name: "Checkpoint", dependencies: ["CheckpointFormat", "CXXHash"], swiftSettings: strict),
    .target(name: "Metrics", swiftSettings: strict),
    .target(name: "PlainText", swiftSettings: strict),
    .target(name: "MicroHTTP", dependencies: ["CGnuTLS", "CMicroHTTPD"], swiftSettings: strict),
    // libjpeg-turbo's row interface, which leaves by longjmp: caught in C (libjpeg62-turbo-dev).
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    .target(name: "ImageInput", dependencies: ["CJPEG", "CSPNG", "CWebP", "CZlib"], swiftSettings: strict),

    // First floor.
    .target(name: "SoftMoEViT", dependencies: ["Kernels", "Checkpoint"], swiftSettings: strict),
    .target(
      name: "CheckpointImport", dependencies: ["CZlib", "Checkpoint", "ImageInput", "SoftMoEViT"],
      resources: [
        .embedInCode("Architectures/hugging_face.tsv"), .embedInCode("Architectures/timm.tsv"),
        .embedInCode("Labels/imagenet.txt"),
      ],
      swiftSettings: strict),

    // Second floor: inference, which knows no HTTP.
    .target(
      name: "Inference",
      dependencies: [
        "Checkpoint", "ImageInput", "SoftMoEViT",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ], swiftSettings: strict),

    // Third floor: the service, and beside it what measures and draws.
    .target(
      name: "HTTPService",
      dependencies: [
        "ImageInput", "Inference", "Metrics", "MicroHTTP", "SoftMoEViT",
        .product(name: "Logging", package: "swift-log"),
      ], resources: [.embedInCode("Page/page.html"), .embedInCode("Routes/openapi.json")],
      swiftSettings: strict),

    .target(name: "LoadGenerator", dependencies: ["CEpoll", "PlainText"], swiftSettings: strict),
    .target(
      name: "Reports", dependencies: ["Inference", "Kernels", "LoadGenerator", "PlainText", "SoftMoEViT"],
      swiftSettings: strict),

    // Roof: the command.
    .executableTarget(
      name: "softmoe",
      dependencies: [
        "CheckpointImport", "HTTPService", "Inference", "Kernels", "LoadGenerator", "PlainText", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: strict),

    // Times one image; driven by Benchmarks/images/run.
    .executableTarget(
      name: "image-bench", dependencies: ["ImageInput"], path: "Benchmarks/images/image-bench",
      swiftSettings: strict),

    // Times the reading of the largest bodies.
    .executableTarget(
      name: "wire-bench", dependencies: ["HTTPService"], path: "Benchmarks/serving/wire-bench",
      swiftSettings: strict),

    .executableTarget(
      name: "engine-bench", dependencies: ["Checkpoint", "Kernels", "SoftMoEViT"],
      path: "Benchmarks/peers/engine-bench", swiftSettings: strict),
    .executableTarget(
      name: "kernel-bench",
      dependencies: ["KernelInterface", "Kernels"], path: "Benchmarks/kernels/kernel-bench",
      swiftSettings: strict),

    // Tests; what several of them need is in TestSupport.
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter"),
    .target(
      name: "TestSupport", dependencies: ["Checkpoint", "CheckpointImport", "ImageInput", "SoftMoEViT"],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "KernelsTests", dependencies: ["Checkpoint", "KernelInterface", "Kernels"], swiftSettings: strict),
    .testTarget(
      name: "CheckpointTests", dependencies: ["Checkpoint", "TestSupport"], exclude: ["Corpus"],
      swiftSettings: strict),
    .testTarget(
      name: "LoadGeneratorTests", dependencies: ["softmoe", "LoadGenerator", "MicroHTTP", "TestSupport"],
      swiftSettings: strict),
    .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: strict),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics"], swiftSettings: strict),
    .testTarget(name: "PlainTextTests", dependencies: ["PlainText"], swiftSettings: strict),
    .testTarget(
      name: "MicroHTTPTests", dependencies: ["CGnuTLS", "MicroHTTP"], swiftSettings: strict),
    .testTarget(
      name: "ImageInputTests", dependencies: ["CAllocationCounter", "ImageInput", "TestSupport"],
      exclude: ["Fixtures"],
      swiftSettings: strict),
    .testTarget(
      name: "SoftMoEViTTests",
      dependencies: ["softmoe", "SoftMoEViT", "CheckpointImport", "TestSupport", "CAllocationCounter"],
      swiftSettings: strict),
    // Runs the built command as a user does.
    .testTarget(
      name: "CommandTests",
      dependencies: ["softmoe", "Checkpoint", "CheckpointImport", "ImageInput", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "CheckpointImportTests",
      dependencies: ["Checkpoint", "CheckpointImport", "ImageInput", "SoftMoEViT", "TestSupport"],
      exclude: ["Corpus", "Fixtures"], swiftSettings: strict),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "Checkpoint", "CheckpointImport", "ImageInput", "Inference", "SoftMoEViT", "TestSupport",
      ], swiftSettings: strict),
    .testTarget(
      name: "HTTPServiceTests",
      dependencies: [
        "CheckpointImport", "HTTPService", "Inference", "MicroHTTP", "SoftMoEViT", "TestSupport",
      ],
      exclude: ["Wire/Corpus", "Wire/Fixtures"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
package.targets += vectorKernels

// Coverage-guided fuzzing of everything that reads a file of unknown origin; built by Fuzz/run alone.
if Context.environment["SOFTMOE_FUZZ"] != nil {
  func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Fuzz/\(name)", swiftSettings: strict)
  }
  package.targets += [
    .target(name: "FuzzDriver", path: "Fuzz/FuzzDriver", swiftSettings: strict),
    fuzzer("FuzzCheckpoint", ["Checkpoint", "FuzzDriver"]),
    fuzzer("FuzzImport", ["CheckpointImport", "FuzzDriver"]),
    fuzzer("FuzzImage", ["ImageInput", "FuzzDriver"]),
    fuzzer("FuzzWire", ["HTTPService", "FuzzDriver"]),
  ]
}
