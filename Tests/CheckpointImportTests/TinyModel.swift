/// A safetensors file with one small tensor after another.
func safetensors(_ tensors: [(name: String, shape: [Int])]) -> [UInt8] {
  var offset = 0
  let entries = tensors.map { tensor in
    let end = offset + tensor.shape.reduce(4, *)
    defer { offset = end }
    return
      "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(offset),\(end)]}"
  }
  let header = Array("{\(entries.joined(separator: ","))}".utf8)
  return withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    + [UInt8](repeating: 0, count: offset)
}

/// The smallest dense vmoe model.
let tinyModel: [(name: String, shape: [Int])] = {
  let block = "Encoder/encoderblock_0/"
  var tensors: [(name: String, shape: [Int])] = [
    ("embedding/kernel", [2, 2, 3, 4]), ("embedding/bias", [4]),
    ("Encoder/posembed_input/pos_embedding", [1, 4, 4]), ("Encoder/encoder_norm/scale", [4]),
    ("Encoder/encoder_norm/bias", [4]), ("head/kernel", [4, 3]), ("head/bias", [3]),
    (block + "SelfAttention/out/kernel", [2, 2, 4]), (block + "SelfAttention/out/bias", [4]),
    (block + "Mlp/Dense_0/kernel", [4, 8]), (block + "Mlp/Dense_0/bias", [8]),
    (block + "Mlp/Dense_1/kernel", [8, 4]), (block + "Mlp/Dense_1/bias", [4]),
  ]
  for norm in ["LayerNorm_0", "LayerNorm_1"] {
    tensors += [(block + norm + "/scale", [4]), (block + norm + "/bias", [4])]
  }
  for part in ["query", "key", "value"] {
    tensors += [
      (block + "SelfAttention/\(part)/kernel", [4, 2, 2]), (block + "SelfAttention/\(part)/bias", [2, 2]),
    ]
  }
  return tensors
}()
