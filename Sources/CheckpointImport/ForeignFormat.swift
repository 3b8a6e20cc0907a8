/// Files that people take for a checkpoint, told by their first bytes, and what to do with each.
enum ForeignFormat {
  /// What is wrong with a file; nil for one whose reader shall look at it.
  static func problem(of bytes: UnsafeRawBufferPointer) -> String? {
    if isDataFile(bytes) {
      return
        "it is one of the data files of a V-MoE checkpoint; import it by its name PREFIX.data-nnnnn-of-NNNNN, with all the "
        + "others and PREFIX.index beside it"
    }
    if bytes.suffix(8).elementsEqual(tensorFlowIndexMagic) {
      return
        "it is the index of a TensorFlow checkpoint; save its arrays: c = tf.train.load_checkpoint('PREFIX'); "
        + "numpy.savez('model.npz', **{n: c.get_tensor(n) for n in c.get_variable_to_shape_map()})"
    }
    return signs.first { bytes.dropFirst($0.offset).starts(with: $0.bytes) }?.problem
      ?? pickleProblem(of: bytes)
  }

  private struct Sign {
    var offset = 0
    let bytes: [UInt8]
    let problem: String

    init(_ text: String, at offset: Int = 0, _ problem: String) {
      (self.offset, bytes, self.problem) = (offset, Array(text.utf8), problem)
    }

    init(_ bytes: [UInt8], _ problem: String) { (self.bytes, self.problem) = (bytes, problem) }
  }

  private static let signs = [
    Sign(
      [0x89] + Array("SMOE".utf8), "it is a .smoe checkpoint, imported already: softmoe serve --model it"),
    Sign(
      "version https://git-lfs",
      "it is Git LFS's pointer to a file, not the file; fetch it with git lfs pull, or download it again"),
    Sign(
      "GGUF", "it is a GGUF file, whose weights are quantised for llama.cpp; import the model it was made of"),
    Sign(
      [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A],
      "it is an HDF5 file (Keras); save its arrays: numpy.savez('model.npz', **{w.path: w.numpy() for w in model.weights})"
    ),
    Sign([0x1F, 0x8B], "it is compressed by gzip; gunzip it"),
    Sign([0xFD] + Array("7zXZ".utf8), "it is compressed by xz; unxz it"),
    Sign([0x28, 0xB5, 0x2F, 0xFD], "it is compressed by zstd; unzstd it"),
    Sign("<!DOCTYPE", "it is a web page, not a model; download the file itself"),
    Sign("<html", "it is a web page, not a model; download the file itself"),
    Sign("ustar", at: 257, "it is a tar archive; unpack it, and import the model in it"),
    Sign(
      [0x08, 0x07, 0x12],
      "it is an ONNX model; import the PyTorch or JAX checkpoint that it was exported from"),
    Sign(
      [0x08, 0x08, 0x12],
      "it is an ONNX model; import the PyTorch or JAX checkpoint that it was exported from"),
    Sign(
      [0x08, 0x09, 0x12],
      "it is an ONNX model; import the PyTorch or JAX checkpoint that it was exported from"),
    Sign(
      [0x08, 0x0A, 0x12],
      "it is an ONNX model; import the PyTorch or JAX checkpoint that it was exported from"),
    Sign(
      "TFL3", at: 4, "it is a TensorFlow Lite model; import the checkpoint that it was made of"),
  ]

  /// PyTorch's format before 1.6 is a row of pickles, the first a magic number; a bare pickle is somebody's object.
  private static func pickleProblem(of bytes: UnsafeRawBufferPointer) -> String? {
    guard bytes.count > 4, bytes[0] == 0x80, (2...5).contains(bytes[1]) else { return nil }
    // MessagePack's empty map begins with the same byte; its file ends there.
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    return bytes.dropFirst(2).starts(with: magic)
      ? "it is in PyTorch's format from before version 1.6; save it again: "
        + "torch.save(torch.load('model.pth', map_location='cpu', weights_only=True), 'new.pth')"
      : "it is a Python pickle, which would have to be executed; save the model's tensors: "
        + "torch.save(model.state_dict(), 'weights.pth')"
  }

  private static func isDataFile(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, FlaxMessagePack.recognizes(first) else { return false }
    return String(decoding: bytes.prefix(64), as: UTF8.self).contains(PartitionedShard.mark)
  }

  /// What LevelDB's tables end with.
  private static let tensorFlowIndexMagic: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]

  /// What to do with a folder; nil for one that holds nothing known.
  static func problem(ofFolderWith names: Set<String>) -> String? {
    if !names.isDisjoint(with: [
      "_METADATA", "_CHECKPOINT_METADATA", "manifest.ocdbt", "ocdbt.process_0", "d",
    ]) {
      return
        "it is an Orbax checkpoint; save its arrays as an .npz file: import orbax.checkpoint as o, numpy as n, "
        + "flax.traverse_util as t; "
        + "n.savez('model.npz', **t.flatten_dict(o.PyTreeCheckpointer().restore('FOLDER'), sep='/'))"
    }
    if names.contains("saved_model.pb") {
      return "it is a TensorFlow SavedModel; import the checkpoint that it was exported from"
    }
    return nil
  }
}
