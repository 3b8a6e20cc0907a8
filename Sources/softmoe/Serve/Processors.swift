import FoundationEssentials
import Glibc

/// Processors that this process may use: its affinity mask, and no more than the cgroups' CPU quotas.
func availableProcessorCount() -> Int {
  let quota = cpuQuota(membership: firstLines("/proc/self/cgroup")) { firstLines($0).first }
  return max(1, min(ProcessInfo.processInfo.activeProcessorCount, quota ?? .max))
}

/// The least quota of the cgroup and those above it, in processors; part of one counts as one.
///
/// Version 2 has `cpu.max`, "200000 100000" for two processors; version 1 has the two numbers in two files.
/// In a container the own group is the mount's root, whatever path it has outside.
/// - Parameters:
///   - membership: lines of /proc/self/cgroup, `number:controllers:path`.
///   - firstLine: of the file at a path, nil where there is none.
package func cpuQuota(membership: [String], firstLine: (String) -> String?) -> Int? {
  var least: Double?
  func consider(_ quota: String?, _ period: String?) {
    guard let quota = quota.flatMap(Double.init), let period = period.flatMap(Double.init), quota > 0,
      period > 0
    else { return }
    least = min(least ?? .infinity, quota / period)
  }
  for line in membership {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3, fields[1].isEmpty || fields[1].split(separator: ",").contains("cpu") else {
      continue
    }
    let mount = fields[1].isEmpty ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(fields[1])"
    var group = fields[2].split(separator: "/")
    while true {
      let folder = ([mount] + group.map(String.init)).joined(separator: "/")
      if fields[1].isEmpty {
        let numbers = firstLine(folder + "/cpu.max")?.split(separator: " ").map(String.init) ?? []
        consider(numbers.first, numbers.dropFirst().first)
      } else {
        consider(firstLine(folder + "/cpu.cfs_quota_us"), firstLine(folder + "/cpu.cfs_period_us"))
      }
      guard group.popLast() != nil else { break }
    }
  }
  return least.map { Int($0.rounded(.up)) }
}

/// Up to 64 lines of a small file; none where it can't be read.
private func firstLines(_ path: String) -> [String] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var lines: [String] = []
  var line = [CChar](repeating: 0, count: 4096)
  while lines.count < 64, fgets(&line, Int32(line.count), file) != nil {
    let text = line.prefix { $0 != 0 && $0 != 0x0A }.map { UInt8(bitPattern: $0) }
    lines.append(String(decoding: text, as: UTF8.self))
  }
  return lines
}
