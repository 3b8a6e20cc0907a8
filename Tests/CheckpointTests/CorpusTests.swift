import Checkpoint
import Foundation
import TestSupport
import Testing

extension BadFile {
  /// One field with each of four values that no file can mean.
  fileprivate static func wild(_ name: String, _ field: String, expected: String) -> [BadFile] {
    [
      ("2_32", "4294967296"), ("2_62", "4611686018427387904"), ("2_63", "9223372036854775808"),
      ("minus_1", "18446744073709551615"),
    ].map { BadFile("\(name)_\($0)", "\(field):", "expected \(expected)", "found \($1)") }
  }
}

private let folder = packageRoot.appending(path: "Tests/CheckpointTests/Corpus")

private let wholeFiles = [
  BadFile("empty", "expected a model, found an empty file"),
  BadFile("seven_bytes", "preamble at byte 0", "expected 128 bytes, found 7", "copy the file again"),
  BadFile("preamble_cut", "preamble at byte 0", "expected 128 bytes, found 100"),
  BadFile("table_cut", "file length at byte 16", "expected 200", "found 4170", "copy the file again"),
  BadFile("truncated", "file length at byte 16", "expected 4169", "found 4170", "copy the file again"),
  BadFile("lengthened", "file length at byte 16", "expected 4171", "found 4170"),
  BadFile("trailing_bytes", "end of data at byte 4170", "found 8 bytes that belong to no tensor"),
  BadFile("safetensors", "magic at byte 0", "softmoe import makes a .smoe file"),
  BadFile("text_mode", "magic at byte 0", "expected 89 'SMOE' 0D 0A 1A"),
]

private let preambles =
  [
    BadFile("version_0", "version at byte 8: expected 2, found 0; import the model again"),
    BadFile("version_1", "version at byte 8: expected 2, found 1; import the model again"),
    BadFile("version_future", "version at byte 8: expected 2, found 99; use a newer softmoe"),
    BadFile("byte_swapped", "byte order at byte 12: expected little-endian, found big-endian"),
    BadFile("byte_order", "byte order at byte 12: expected 0x01020304, found 0x1020305"),
    BadFile("tensor_count_0", "padding at byte 168: expected zero (reserved), found 102"),
    BadFile("tensor_count_3", "tensor name at byte 424", "found ''"),
    BadFile("reserved", "reserved field at byte 119: expected zero (reserved), found 1"),
    BadFile("header_bit", "the header is damaged", "copy the file again"),
    BadFile("header_padding", "padding at byte 162: expected zero (reserved), found 1"),
  ] + BadFile.wild("file_length", "file length at byte 16", expected: "4170")
  + BadFile.wild("metadata_offset", "metadata offset at byte 24", expected: "128")
  + BadFile.wild("metadata_length", "metadata length at byte 32", expected: "0…4042")
  + BadFile.wild("table_offset", "table offset at byte 40", expected: "168")
  + BadFile.wild("tensor_count", "tensor count at byte 48", expected: "0…31")
  + BadFile.wild("data_offset", "data offset at byte 56", expected: "4096")

private let tables = [
  BadFile("name_empty", "tensor name at byte 168: expected 1 to 63 printable ASCII", "found ''"),
  BadFile("name_past_end", "tensor name at byte 168", "found 'nnnn"),
  BadFile("name_after_end", "tensor name at byte 168", "found 'first', then byte 0x78"),
  BadFile("name_not_utf8", "tensor name at byte 168", "found 'fir', then byte 0xff"),
  BadFile("name_space", "tensor name at byte 168", "found 'fir', then byte 0x20"),
  BadFile("name_twice", "tensor name at byte 296: expected unique names, found 'first' twice"),
  BadFile("type_0", "element type of 'first' at byte 232: expected 1 (f32) or 2 (bf16)", "found 0"),
  BadFile("type_unknown", "element type of 'first' at byte 232: expected 1 (f32)", "found 77"),
  BadFile("rank_5", "rank of 'first' at byte 236: expected 0…4, found 5"),
  BadFile("rank_minus_1", "rank of 'first' at byte 236: expected 0…4, found 4294967295"),
  BadFile("dimension_0", "dimension 0 of 'first' at byte 240: expected a positive number", "found 0"),
  BadFile("dimension_minus_1", "dimension 0 of 'first' at byte 240", "found 18446744073709551615"),
  BadFile("dimension_overflow", "dimension 1 of 'first' at byte 248", "fits 63 bits, found 4294967296"),
  BadFile("dimension_unused", "dimension 1 of 'second' at byte 376: expected zero (unused), found 1"),
  BadFile("dimension_other", "length of 'first' at byte 280: expected 32 bytes by its shape, found 24"),
  BadFile("offset_overlapping", "offset of 'second' at byte 400: expected 4160", "found 4096"),
  BadFile("offset_unaligned", "offset of 'second' at byte 400: expected 4160", "found 4120"),
  BadFile("offset_past_end", "offset of 'second' at byte 400: expected 4160", "found 1048576"),
  BadFile("offset_minus_64", "offset of 'second' at byte 400: expected 4160", "found 18446744073709551552"),
  BadFile("length_short", "length of 'first' at byte 280: expected 24 bytes by its shape, found 20"),
  BadFile("length_2_63", "length of 'first' at byte 280", "found 9223372036854775808"),
  BadFile("data_past_end", "length of 'second' at byte 408: expected to end by byte 4170", "from 4160"),
]

private let panels = [
  BadFile("arrangement_future", "arrangement of 'first' at byte 234: expected 0 (row-major)", "found 2"),
  BadFile("rows_int8", "arrangement of 'first' at byte 234: expected 1 (panels) for int8, found 0"),
  BadFile("panels_length", "length of 'first' at byte 280: expected 64 bytes by its shape, found 4"),
  BadFile("panels_vector", "shape of 'first' at byte 240: expected matrices", "found [16]"),
  BadFile("panels_overflow", "shape of 'first' at byte 240", "fit 63 bits, found [288230376151711744, 1]"),
  BadFile("panels_overflow_rows", "shape of 'first'", "fit 63 bits, found [9223372036854775807, 1]"),
  BadFile("panels_overflow_stack", "shape of 'first'", "fit 63 bits, found [1152921504606846976, 1, 1]"),
]

private let metadata = [
  BadFile("metadata_cut", "section 'name': expected JSON in UTF-8", "import the model again"),
  BadFile("metadata_array", "section 'name'", "found an array"),
  BadFile("metadata_not_utf8", "section 'name': expected JSON in UTF-8"),
  BadFile("metadata_utf16", "section 'name': expected UTF-8, found a zero at its byte 3"),
  BadFile("metadata_key_twice", "expected every key once, found 'name' twice"),
  BadFile("metadata_number", "section 'name'", "found number"),
  BadFile("metadata_null", "section 'name': null where a value is needed"),
  BadFile("metadata_empty", "section 'name': expected JSON in UTF-8"),
  BadFile("metadata_no_name", "section 'name': the key 'name' is missing"),
  BadFile("metadata_deep", "section 'name': expected JSON in UTF-8"),
]

private let data = [
  BadFile("data_bit", "tensor 'first' is damaged", "copy the file again"),
  BadFile("data_padding", "padding at byte 4136: expected zero"),
  BadFile("nan_f32", "tensor 'first': its byte 12 begins nan, expected a finite number"),
  BadFile("infinity_bf16", "tensor 'second': its byte 8 begins -inf, expected a finite number"),
  BadFile("nan_scale_int8", "tensor 'first': its byte 64 begins nan, expected a finite number"),
]

private let badFiles = wholeFiles + preambles + tables + panels + metadata + data

@Suite struct CorpusTests {
  @Test(arguments: badFiles)
  func theErrorSaysWhatIsWrong(_ file: BadFile) throws {
    let path = folder.appending(path: file.name + ".smoe").path
    let error = #expect(throws: CheckpointError.self) {
      let checkpoint = try Checkpoint(path: path, verification: .full)
      _ = try checkpoint.section(.name, as: String.self)
    }
    #expect(file.missing(from: error?.description) == [], "\(error?.description ?? "")")
  }

  /// No file lies there unexamined.
  @Test func everyFileIsListed() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != "make.py" }
    let listed = badFiles.map { $0.name + ".smoe" }
    #expect(files.sorted() == listed.sorted())
  }
}
