import FoundationEssentials
import Glibc

/// Processors that this process may use: its affinity mask, and no more than the cgroup's CPU quota.
func availableProcessorCount() -> Int {
  max(1, min(ProcessInfo.processInfo.activeProcessorCount, cgroupQuota() ?? .max))
}

/// `cpu.max` of cgroup v2: "200000 100000" allows two processors; part of one counts as one.
private func cgroupQuota() -> Int? {
  guard let file = fopen("/sys/fs/cgroup/cpu.max", "r") else { return nil }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 64)
  guard fgets(&line, Int32(line.count), file) != nil else { return nil }
  let text = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
  let fields = String(decoding: text, as: UTF8.self).split { $0 == " " || $0 == "\n" }
  guard fields.count == 2, let quota = Double(fields[0]), let period = Double(fields[1]), period > 0 else {
    return nil
  }
  return Int((quota / period).rounded(.up))
}
