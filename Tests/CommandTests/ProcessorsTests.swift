import Testing
import softmoe

@Suite struct ProcessorsTests {
  private func quota(_ membership: [String], _ files: [String: String]) -> Int? {
    cpuQuota(membership: membership) { files[$0] }
  }

  @Test func theLeastQuotaOfVersion2Counts() {
    let files = [
      "/sys/fs/cgroup/pods/one/cpu.max": "max 100000", "/sys/fs/cgroup/pods/cpu.max": "250000 100000",
      "/sys/fs/cgroup/cpu.max": "800000 100000",
    ]
    #expect(quota(["0::/pods/one"], files) == 3)
    #expect(quota(["0::/"], files) == 8)
    #expect(quota(["0::/elsewhere"], [:]) == nil)
    #expect(quota(["0::/pods/one"], ["/sys/fs/cgroup/pods/one/cpu.max": "50000 100000"]) == 1)
  }

  @Test func version1HasTwoFiles() {
    let membership = ["12:memory:/docker/a", "4:cpu,cpuacct:/docker/a", "0::/"]
    // In a container the group's own path is the root of the mount.
    let files = [
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
    ]
    #expect(quota(membership, files) == 2)
    let unlimited = files.mapValues { $0 == "150000" ? "-1" : $0 }
    #expect(quota(membership, unlimited) == nil)
  }

  @Test func whatIsNoNumberIsNoQuota() {
    #expect(quota(["", "x", "0::/"], ["/sys/fs/cgroup/cpu.max": "many 100000"]) == nil)
    #expect(quota(["0::/"], ["/sys/fs/cgroup/cpu.max": "100000 0"]) == nil)
    #expect(quota(["0::/"], ["/sys/fs/cgroup/cpu.max": ""]) == nil)
  }
}
