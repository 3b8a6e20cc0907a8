import Glibc

/// A file whose words let people in, and what is wrong with who may write or read it.
package struct SecretFile {
  let name: String
  let path: String

  /// The file of API keys: whoever writes it lets himself in, whoever reads it comes in.
  package static func keys(_ path: String) -> SecretFile { SecretFile(name: "file of API keys", path: path) }

  /// The TLS private key: whoever reads it can pose as this server.
  package static func tlsKey(_ path: String) -> SecretFile { SecretFile(name: "TLS private key", path: path) }

  /// What the operator should mend, a sentence each; none where the file can't be looked at, which whoever reads
  /// it says.
  package var warnings: [String] {
    var status = stat()
    guard stat(path, &status) == 0 else { return [] }
    return Self.problems(mode: status.st_mode, owner: status.st_uid, user: geteuid()).map {
      "the \(name) '\(path)' \($0)"
    }
  }

  /// - Parameters:
  ///   - mode: the file's, with its kind.
  ///   - owner: of the file.
  ///   - user: as whom the process runs.
  package static func problems(mode: mode_t, owner: uid_t, user: uid_t) -> [String] {
    var problems: [String] = []
    if owner != 0, owner != user {
      problems.append(
        "belongs to user \(owner), who may change it; expected root or user \(user), as whom this runs")
    }
    let writers = [(S_IWGRP, "its group"), (S_IWOTH, "everybody")].filter { mode & $0.0 != 0 }.map(\.1)
    if !writers.isEmpty {
      problems.append("may be written by \(writers.joined(separator: " and ")); 'chmod go-w' mends that")
    }
    if mode & S_IROTH != 0 {
      problems.append("may be read by everybody; 'chmod o-r' mends that")
    }
    return problems
  }
}
