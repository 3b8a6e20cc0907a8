/// Text from a client, fit for a message: its first 60 characters, as printable ASCII.
package func escaped(_ text: some StringProtocol) -> String {
  let scalars = text.unicodeScalars
  let shown = scalars.prefix(60).map { $0.escaped(asASCII: true) }.joined()
  return "'\(shown)\(scalars.dropFirst(60).isEmpty ? "" : "...")'"
}

/// One byte in words; nil is what stands behind the last one.
package func described(_ byte: UInt8?) -> String {
  switch byte {
  case nil: "the end"
  case .some(let byte) where (0x20...0x7E).contains(byte): "\"\(Character(UnicodeScalar(byte)))\""
  case .some(let byte): "the byte 0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }
}

/// What was needed and what was there, for errors that name the place themselves.
struct Mismatch: Error {
  let expected: String
  let found: String
}
