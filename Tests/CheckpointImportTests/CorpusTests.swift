import Checkpoint
import CheckpointImport
import Foundation
import TestSupport
import Testing

private let folder = packageRoot.appending(path: "Tests/CheckpointImportTests/Corpus")
private let noModel = "expected the names of a Vision Transformer by vmoe"

private let safetensorsFiles = [
  BadFile("empty.safetensors", "expected a model, found an empty file"),
  BadFile("seven_bytes.safetensors", "expected a safetensors header, found 7 bytes"),
  BadFile("length_past_end.safetensors", "length of a safetensors header, at most 69, found 100"),
  BadFile("length_2_32.safetensors", "at most 69, found 4294967296"),
  BadFile("length_2_63.safetensors", "at most 69, found 9223372036854775808"),
  BadFile("length_minus_1.safetensors", "at most 69, found 18446744073709551615"),
  BadFile(
    "header_cut.safetensors",
    "not the JSON object that safetensors describes: expected JSON in UTF-8"),
  BadFile("header_number.safetensors", "a: Expected to decode", "found number"),
  BadFile("deep.safetensors", "expected JSON in UTF-8"),
  BadFile("utf16.safetensors", "expected UTF-8, found a zero at its byte 1"),
  BadFile("name_twice.safetensors", "expected every key once, found 'a' twice"),
  BadFile("name_twice_escaped.safetensors", "expected every key once, found 'a' twice"),
  BadFile("name_not_utf8.safetensors", "expected JSON in UTF-8"),
  BadFile("name_control.safetensors", #"tensor 'a\u{1B}[2J': expected a name of 1 to 512 printable"#),
  BadFile("name_long.safetensors", "aaa…': expected a name of 1 to 512 printable characters"),
  BadFile("name_empty.safetensors", "tensor '': expected a name of 1 to 512 printable characters"),
  BadFile("type_unknown.safetensors", noModel, "among its 0 tensors"),
  BadFile("type_missing.safetensors", "a: the key 'dtype' is missing"),
  BadFile("shape_text.safetensors", "a.shape: Expected to decode", "found a string"),
  BadFile("shape_negative.safetensors", "'a': expected dimensions of at least 0", "found [-1, -2]"),
  BadFile("shape_overflow.safetensors", "'a': expected dimensions", "found [4294967296, 4294967296]"),
  BadFile("shape_2_64.safetensors", "not the JSON object that safetensors describes"),
  BadFile("shape_other.safetensors", "tensor 'a': F32 [3] does not fit its 8 bytes"),
  BadFile("rank_9.safetensors", "tensor 'a': expected at most 8 dimensions, found 9"),
  BadFile("rank_of_embedding.safetensors", "'embedding/kernel': expected 4 dimensions", "found [2]"),
  BadFile("offsets_three.safetensors", "tensor 'a': expected two offsets", "found [0, 4, 8]"),
  BadFile("offsets_reversed.safetensors", "tensor 'a': expected two offsets, in order", "found [8, 0]"),
  BadFile("offsets_negative.safetensors", "tensor 'a': expected two offsets", "found [-8, 0]"),
  BadFile("offsets_past_end.safetensors", "within 8 bytes of data, found [0, 16]"),
  BadFile("offsets_2_62.safetensors", "within 8 bytes of data, found [4611686018427387904"),
  BadFile("overlap.safetensors", "tensor 'b': expected offset 8, right after the tensor before, found 4"),
  BadFile("hole.safetensors", "tensor 'b': expected offset 4, right after the tensor before, found 8"),
  BadFile("trailing.safetensors", "expected the data to end at 8, with the last tensor, found 12"),
  BadFile("truncated.safetensors", "tensor 'a': expected two offsets, in order, within 7 bytes"),
  BadFile("blocks_2_63.safetensors", "tensor 'blocks.0.attn.qkv.weight' is missing"),
  BadFile("no_model.safetensors", noModel, "found none of them"),
]

private let archives = [
  BadFile("cut.npz", "expected a ZIP directory at its end, found none"),
  BadFile("no_directory.npz", "expected a ZIP directory at its end, found none"),
  BadFile("comment_past_end.npz", "expected a ZIP directory at its end, found none"),
  BadFile("directory_past_end.npz", "points past the end of the file, to byte 184"),
  BadFile("directory_2_32.npz", "points past the end of the file, to byte 4294967295"),
  BadFile("directory_other.npz", "expected a member of the ZIP directory at byte 4, found other bytes"),
  BadFile("directory_longer.npz", "expected the ZIP directory to end at byte 170, found 162"),
  BadFile("count_0.npz", "expected the ZIP directory to end at byte 162, found 111"),
  BadFile("count_2.npz", "expected a member of the ZIP directory at byte 162, found other bytes"),
  BadFile("count_65535.npz", "expected a member of the ZIP directory at byte 162"),
  BadFile("member_comment_past_end.npz", "comment goes past the end of the file: 60000 bytes from 162"),
  BadFile("compressed.npz", noModel, "among its 1 tensors"),
  BadFile("bomb.npz", "member 'a': expected an .npy array, found other bytes"),
  BadFile("encrypted.npz", "member 'a.npy' is encrypted; save it without a password"),
  BadFile("sizes_differ.npz", "member 'a.npy' is stored as it is: expected 76 bytes, found 7"),
  BadFile("local_past_end.npz", "points past the end of the file, to byte 1048576"),
  BadFile("local_other.npz", "member 'a.npy': expected its local header at byte 0, found other bytes"),
  BadFile("local_name_other.npz", "member 'a.npy' has another name in its local header at byte 0"),
  BadFile("member_past_end.npz", "member 'a.npy' goes past the end of the file: 10000 bytes from 35"),
  BadFile("member_2_32.npz", "member 'a.npy' goes past the end of the file: 4294967295 bytes"),
  BadFile(
    "member_over_directory.npz", "expected members to end before their directory at byte 111, found 131"),
  BadFile("overlap.npz", "member 'a.npy' overlaps another: expected it behind byte 111, found it at 0"),
  BadFile("name_twice.npz", "expected every tensor once, found 'a' twice"),
  BadFile("name_not_utf8.npz", "expected a member's name in UTF-8 at byte 158"),
  BadFile("name_control.npz", #"tensor '\u{1B}[2J': expected a name of 1 to 512 printable"#),
  BadFile("name_empty.npz", "tensor '': expected a name of 1 to 512 printable characters"),
  BadFile("zip64_field_cut.npz", "expected 8 more bytes in the ZIP64 field at byte 174, found its end"),
  BadFile("zip64_member_2_62.npz", "member 'a.npy' goes past the end", "4611686018427387904 bytes"),
  BadFile("zip64_member_2_63.npz", "expected a ZIP field below 2^63 at byte 166, found 9223372036854775808"),
  BadFile("zip64_local_2_62.npz", "points past the end of the file, to byte 4611686018427387904"),
  BadFile("zip64_end_past_end.npz", "points past the end of the file, to byte 4611686018427387904"),
  BadFile("zip64_end_other.npz", "expected the end of a ZIP64 directory at byte 0"),
  BadFile("zip64_count_2_62.npz", "expected a member of the ZIP directory at byte 162"),
  BadFile("zip64_start_2_63.npz", "expected a ZIP field below 2^63 at byte 210"),
  BadFile("npy_other.npz", "member 'a': expected an .npy array, found other bytes"),
  BadFile("npy_short.npz", "member 'a': expected an .npy array, found other bytes"),
  BadFile("npy_version_9.npz", "member 'a': expected version 1, 2 or 3 of .npy, found 9"),
  BadFile("npy_header_past_end.npz", "member 'a': expected a header of at most 66 bytes, found 9000"),
  BadFile("npy_header_2_32.npz", "expected a header of at most 66 bytes, found 4294967295"),
  BadFile("npy_header_other.npz", "expected a header of descr, fortran_order and shape, found '[1, 2, 3]"),
  BadFile("npy_fortran.npz", noModel, "among its 1 tensors"),
  BadFile("npy_order_other.npz", "expected a header of descr", "'fortran_order': None"),
  BadFile("npy_objects.npz", "expected type <f8, <f4, <f2 or bfloat16 (V2), found '|O'"),
  BadFile("npy_big_endian.npz", "expected type <f8", "found '>f4'"),
  BadFile("npy_integers.npz", noModel, "among its 0 tensors"),
  BadFile("npy_fields.npz", "expected a header of descr", "('x', '<f4')"),
  BadFile("npy_shape_negative.npz", "'a': expected dimensions of at least 0", "found [-1, -2]"),
  BadFile("npy_shape_overflow.npz", "product fits 63 bits, found [4294967296, 4294967296]"),
  BadFile("npy_shape_2_64.npz", "expected a header of descr", "(18446744073709551616,)"),
  BadFile("npy_shape_nested.npz", "expected a header of descr", "((2,),)"),
  BadFile("npy_shape_other.npz", "member 'a': <f4 [3] does not fit its 8 bytes"),
  BadFile("npy_rank_9.npz", "'a': expected at most 8 dimensions, found 9"),
  BadFile("npy_key_twice.npz", "expected a header of descr", "'shape': (1,)"),
  BadFile("no_model.npz", noModel, "found none of them"),
]

private let messagePack = [
  BadFile("map_2_32.msgpack", "at byte 5: a map of 4294967295 entries, more than the file has"),
  BadFile("map_in_map_2_32.msgpack", "at byte 8: a map of 4294967295 entries"),
  BadFile("list_2_32.msgpack", "at byte 4: a list of 4294967295 items, more than the file has"),
  BadFile("string_2_32.msgpack", "at byte 8: expected 4294967295 more bytes, found 0"),
  BadFile("bytes_2_32.msgpack", "at byte 8: expected 4294967295 more bytes, found 0"),
  BadFile("extension_2_32.msgpack", "an extension of 4294967295 bytes goes past the end of the file"),
  BadFile("deep_maps.msgpack", "at byte 96: expected at most 32 levels, found more"),
  BadFile("deep_lists.msgpack", "at byte 34: expected at most 32 levels, found more"),
  BadFile("cut.msgpack", "an extension of 21 bytes goes past the end of the file"),
  BadFile("trailing.msgpack", "at byte 27: expected the end of the file", "found more bytes"),
  BadFile("no_such_item.msgpack", "at byte 4: expected an item, found byte 0xc1"),
  BadFile("key_number.msgpack", "at byte 2: expected a string as a map's key"),
  BadFile("key_twice.msgpack", "expected every key of a map once, found 'a' twice"),
  BadFile("key_not_utf8.msgpack", "at byte 4: expected a name in UTF-8"),
  BadFile("key_long.msgpack", "expected a name in UTF-8 of at most 512 bytes"),
  BadFile("key_control.msgpack", #"tensor '\u{1B}[2J': expected a name of 1 to 512 printable"#),
  BadFile("names_joined_long.msgpack", "kkk…': expected names of at most 512 bytes"),
  BadFile("name_twice.msgpack", "expected every tensor once, found 'a/b' twice"),
  BadFile("type_unknown.msgpack", "expected type float64, float32", "found 'complex64'"),
  BadFile("shape_negative.msgpack", "float32 [-1, -2] does not fit its 8 bytes"),
  BadFile("shape_overflow.msgpack", "float32 [4294967296, 4294967296] does not fit its 8 bytes"),
  BadFile("shape_2_63.msgpack", "expected an integer as a dimension"),
  BadFile("shape_other.msgpack", "float32 [3] does not fit its 8 bytes"),
  BadFile("shape_text.msgpack", "at byte 10: expected an integer as a dimension"),
  BadFile("rank_9.msgpack", "expected an array of shape, type and bytes, of at most 8 dimensions"),
  BadFile("array_of_two.msgpack", "expected an array of shape, type and bytes"),
  BadFile("array_without_type.msgpack", "at byte 10: expected an array's type, found another item"),
  BadFile("array_without_bytes.msgpack", "at byte 18: expected an array's bytes, found another item"),
  BadFile("extension_short.msgpack", "expected an array's extension to end at byte 15"),
  BadFile("extension_long.msgpack", "expected an array's extension to end at byte 29"),
  BadFile("extension_of_1.msgpack", "expected an array of shape, type and bytes"),
  BadFile("chunks_missing.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("chunks_shape_other.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("chunks_shape_text.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("chunks_shape_2_32.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("chunks_numbered_other.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("chunks_types_differ.msgpack", "tensor 'a': its chunks do not make up its shape"),
  BadFile("no_model.msgpack", noModel, "found none of them"),
]

private let indices = [
  BadFile("cut.json", "expected a JSON object with 'weight_map'", "expected JSON in UTF-8"),
  BadFile("array.json", "weight_map: Expected to decode", "found an array"),
  BadFile("no_map.json", "the key 'weight_map' is missing"),
  BadFile("number.json", "weight_map.a: Expected to decode String", "found number"),
  BadFile("deep.json", "expected JSON in UTF-8"),
  BadFile("utf16.json", "expected UTF-8, found a zero at its byte 1"),
  BadFile("key_twice.json", "expected every key once, found 'a' twice"),
  BadFile("parent.json", "file '../Corpus/no_model.safetensors': expected the name of a file in the same"),
  BadFile("absolute.json", "file '/etc/passwd': expected the name of a file in the same folder"),
  BadFile("dots.json", "file '..': expected the name of a file in the same folder"),
  BadFile("dot.json", "file '.': expected the name of a file in the same folder"),
  BadFile("no_name.json", "file '': expected the name of a file in the same folder"),
  BadFile("control.json", #"file 'a\0b': expected the name of a file in the same folder"#),
  BadFile("itself.json", "file 'itself.json': expected tensors, found an index"),
  BadFile("missing_shard.json", "absent.safetensors: No such file or directory"),
  BadFile("bad_shard.json", "overlap.safetensors: tensor 'b': expected offset 8"),
  BadFile("missing_tensor.json", "tensor 'b' is not in 'no_model.safetensors', where the index says"),
  BadFile("unlisted_tensor.json", "tensor 'a' is in 'no_model.safetensors'; the index says nothing of it"),
  BadFile("other_shard.json", "tensor 'a' is in 'no_model.safetensors'; the index says 'offsets_three"),
  BadFile("no_tensors.json", noModel, "found none of them"),
  BadFile("no_model.json", noModel, "found none of them"),
]

@Suite struct CorpusTests {
  @Test(arguments: safetensorsFiles + archives + messagePack + indices)
  func theErrorSaysWhatIsWrong(_ file: BadFile) throws {
    let path = folder.appending(path: file.name).path
    let error = #expect(throws: ImportError.self) {
      try CheckpointImport(path: path, options: ImportOptions())
    }
    #expect(file.missing(from: error?.description) == [], "\(error?.description ?? "")")
  }

  /// No file lies there unexamined.
  @Test func everyFileIsListed() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "make.py" }
    let listed = (safetensorsFiles + archives + messagePack + indices).map(\.name)
    #expect(files.sorted() == listed.sorted())
  }

  /// Decoding JSON takes many times its length in memory.
  @Test(arguments: ["long.safetensors", "long.json"]) func aHeaderAboveAllNeedIsRefused(_ name: String) throws
  {
    try withTemporaryFile(name) { path in
      let text = Data("{".utf8) + Data(repeating: UInt8(ascii: " "), count: 17 << 20)
      let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
      try (name.hasSuffix("json") ? text : length + text).write(to: URL(filePath: path))
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: path, options: ImportOptions())
      }
      #expect(error?.description.contains("at most 16777216") == true, "\(error?.description ?? "")")
    }
  }

  /// A file of 2 MB would make a table of a hundred.
  @Test func moreKeysThanAnyModelHasAreRefused() throws {
    try withTemporaryFile("keys.msgpack") { path in
      try (Data([0xDF, 0x00, 0x10, 0x00, 0x01]) + Data(count: 3 << 20)).write(to: URL(filePath: path))
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: path, options: ImportOptions())
      }
      #expect(error?.description.contains("a map of 1048577 entries") == true)
    }
  }
}
