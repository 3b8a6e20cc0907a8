import Glibc

extension MetricsRegistry {
  /// Declares the `process_*` metrics that every Prometheus client has, read from /proc.
  package func registerProcess() {
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    let pageSize = Double(sysconf(Int32(_SC_PAGESIZE)))
    observed("process_cpu_seconds_total", "User and system CPU time spent, in seconds.", .counter) {
      guard let stat = ProcessStatus() else { return [] }
      return [Sample((stat[11] + stat[12]) / ticks)]
    }
    observed("process_resident_memory_bytes", "Resident memory, mapped weights included.", .gauge) {
      ProcessStatus().map { [Sample($0[21] * pageSize)] } ?? []
    }
    observed("process_virtual_memory_bytes", "Virtual memory.", .gauge) {
      ProcessStatus().map { [Sample($0[20])] } ?? []
    }
    observed("process_start_time_seconds", "Start of the process, seconds since 1970.", .gauge) {
      guard let stat = ProcessStatus(), let boot = bootTime() else { return [] }
      return [Sample(boot + stat[19] / ticks)]
    }
    observed("process_open_fds", "Open file descriptors.", .gauge) {
      openDescriptorCount().map { [Sample(Double($0))] } ?? []
    }
    observed("process_max_fds", "File descriptors that the process may open.", .gauge) {
      var limit = rlimit()
      guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return [] }
      return [Sample(Double(limit.rlim_cur))]
    }
  }
}

/// The numbers of /proc/self/stat after the command's name; [0] is the field "state", not a number.
private struct ProcessStatus {
  private let fields: [Double]

  init?() {
    guard let text = readFile("/proc/self/stat"), let end = text.lastIndex(of: ")") else { return nil }
    fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
    if fields.count < 22 { return nil }
  }

  subscript(_ index: Int) -> Double { fields[index] }
}

private func bootTime() -> Double? {
  guard let line = readFile("/proc/stat")?.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
  else { return nil }
  return Double(line.dropFirst(6))
}

private func openDescriptorCount() -> Int? {
  guard let directory = opendir("/proc/self/fd") else { return nil }
  defer { closedir(directory) }
  var count = 0
  while readdir(directory) != nil { count += 1 }
  // ".", ".." and the directory's own descriptor.
  return count - 3
}

private func readFile(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(descriptor, &piece, piece.count)
    if count <= 0 { break }
    bytes += piece[..<count]
  }
  return String(decoding: bytes, as: UTF8.self)
}
