import Checkpoint
import FoundationEssentials
import Glibc
import Kernels
import SoftMoEViT

// softmoe's engine as a worker of compare.py: engine-bench MODEL IMAGES BATCH THREADS [KERNELS], the last a part of
// a kernel set's name, as AVX2. Lines on standard input:
//
//     run REPEATS   prints the seconds of each of so many batches
//     logits PATH   writes the logits of the images as raw Float
//     limits        prints the machine's peak in GFLOP/s and its read speed in GB/s
//     cost          prints FLOP an image, the experts' FLOP an image, and the experts' bytes
//     kernels       prints which kernels run

/// A line at once, not when a buffer is full.
func say(_ line: String) {
  let bytes = Array((line + "\n").utf8)
  _ = write(STDOUT_FILENO, bytes, bytes.count)
}

let arguments = CommandLine.arguments
guard (5...6).contains(arguments.count), let batch = Int(arguments[3]), let threads = Int(arguments[4]) else {
  fatalError("engine-bench MODEL IMAGES BATCH THREADS")
}
let checkpoint = try Checkpoint(path: arguments[1])
let model = try SoftMoEViT(checkpoint)
let configuration = model.configuration
let wanted = KernelSet.all.first { arguments.count == 6 && $0.name.contains(arguments[5]) }
let kernels = try wanted ?? KernelSet(.auto)
var workspace = try Workspace(
  for: configuration, maxImageCount: batch, threads: ThreadPool(threadCount: threads), kernels: kernels)

let pixelCount = configuration.imageHeight * configuration.imageWidth
let raw = try Data(contentsOf: URL(filePath: arguments[2]))
let images: [[Float]] = (0..<raw.count / (pixelCount * 12)).map { image in
  (0..<pixelCount * 3).map { index in
    let (pixel, channel) = index.quotientAndRemainder(dividingBy: 3)
    let place = ((image * 3 + channel) * pixelCount + pixel) * 4
    return raw[place..<place + 4].withUnsafeBytes { $0.loadUnaligned(as: Float.self) }
  }
}
for index in 0..<batch { model.load(images[index % images.count], at: index, &workspace) }
model.forward(imageCount: batch, &workspace)
say("ready")

let clock = ContinuousClock()
while let line = readLine() {
  let words = line.split(separator: " ").map(String.init)
  switch (words.first, words.count) {
  case ("run", 2):
    let times = (0..<(Int(words[1]) ?? 1)).map { _ in
      clock.measure { model.forward(imageCount: batch, &workspace) } / .seconds(1)
    }
    say(times.map { "\($0)" }.joined(separator: " "))
  case ("logits", 2):
    let logits = (0..<min(batch, images.count)).flatMap { workspace.logits(of: $0) }
    try logits.withUnsafeBytes { try Data($0).write(to: URL(filePath: words[1])) }
    say("done")
  case ("limits", 1):
    let limits = try workspace.compute.measureLimits()
    say("\(limits.gigaflopsPerSecond) \(limits.gigabytesPerSecond)")
  case ("cost", 1):
    let experts = checkpoint.tensors.filter { TensorName.isExperts($0.name) }.reduce(0) { $0 + $1.byteCount }
    let cost = ModelCost(configuration, expertBytes: experts, weightBytes: checkpoint.byteCount)
    say("\(cost.flopPerImage) \(cost.expertFlopPerImage) \(cost.expertBytes)")
  case ("kernels", 1): say(kernels.name)
  default: say("unknown: \(line)")
  }
}
