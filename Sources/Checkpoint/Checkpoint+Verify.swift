/// How much of a checkpoint is compared with its checksums when it is opened.
public enum Verification: String, Sendable, CaseIterable {
  /// Nothing.
  case none
  /// The header, which is all that opening reads.
  case header
  /// The header and every tensor, and that every weight is a finite number: the whole file is read.
  case full
}

extension Checkpoint {
  /// Compares every tensor with its checksum, looks for NaN and infinity, and the padding with zero.
  ///
  /// - Throws: `CheckpointError` for the first tensor that is wrong.
  /// - Cost: reads the whole file.
  public func verify() throws(CheckpointError) {
    for index in tensors.indices { try verify(tensorAt: index) }
  }

  /// The same for one tensor and the padding before it.
  ///
  /// - Throws: `CheckpointError.checksumMismatch`, `.notFinite`, or `.invalid` for the padding.
  package func verify(tensorAt index: Int) throws(CheckpointError) {
    let tensor = tensors[index]
    if index > 0 {
      let before = tensors[index - 1]
      try FieldReader(bytes: file.bytes).requireZero(
        "padding", in: before.offset + before.byteCount..<tensor.offset)
    }
    try tensor.verify()
    if let (offset, value) = tensor.firstNonFinite() {
      throw .notFinite(tensor: tensor.name, offset: offset, value: "\(value)")
    }
  }

  /// Lets go of what has been read, so that checking a large file leaves no large process.
  package func releasePages() { file.releasePages() }
}
