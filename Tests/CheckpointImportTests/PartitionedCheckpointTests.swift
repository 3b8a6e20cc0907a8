import Checkpoint
import CheckpointImport
import Foundation
import SoftMoEViT
import TestSupport
import Testing

/// `PREFIX.index` and `PREFIX.data-nnnnn-of-NNNNN` of google-research/vmoe.
@Suite struct PartitionedCheckpointTests {
  private let first = ".data-00000-of-00002"
  private let second = ".data-00001-of-00002"

  private func problem(
    _ files: PartitionedFiles = .sound, _ change: (inout [String: [UInt8]]) -> Void = { _ in }
  ) -> String {
    let error = #expect(throws: ImportError.self) { try files.read(change) }
    return error?.description ?? ""
  }

  private func changed(_ change: (inout PartitionedFiles) -> Void) -> PartitionedFiles {
    var files = PartitionedFiles.sound
    change(&files)
    return files
  }

  // MARK: What is right

  /// Any range of an array in a grid of parts, some in pieces, in two files.
  @Test func everyRangeIsPutTogether() throws {
    try withTemporaryFile("model") { prefix in
      let files = PartitionedFiles.sound
      try Data(files.index).write(to: URL(filePath: prefix + ".index"))
      for (shard, name) in [first, second].enumerated() {
        try Data(files.data(shard)).write(to: URL(filePath: prefix + name))
      }
      let source = try SourceFormat.source(in: MappedFile(path: prefix + ".index"), path: prefix + ".index")
      #expect(source.tensors.map(\.name).sorted() == ["grid", "whole"] && source.setAside == ["step"])
      for (name, number) in [("grid", 0), ("whole", 2)] {
        let tensor = try #require(source.tensors.first { $0.name == name })
        #expect(tensor.shape == files.entries[number].shape)
        for start in 0...tensor.count {
          for end in start...tensor.count {
            #expect(tensor.floats(start..<end) == (start..<end).map { files.value(number, $0) })
          }
        }
      }
    }
  }

  /// Python sorts keys by their code points; so do numbers of arrays.
  @Test func arraysAreCountedInPythonsOrder() throws {
    let names = ["B", "a", "a/x", "a10", "a2", "b", "ä"]
    let files = changed {
      $0.entries = names.map { .init(name: $0, shape: [2], parts: [.init(box: [0..<2], shard: 0)]) }
      $0.shardCount = 1
    }
    let source = try files.read()
    #expect(source.tensors.count == names.count)
    for (number, name) in names.enumerated() {
      #expect(source.tensors.first { $0.name == name }?.floats().first == files.value(number, 0), "\(name)")
    }
  }

  @Test func anArrayOfOneNumberAndOneOfNoneAreRead() throws {
    let files = changed {
      $0.entries = [
        .init(name: "none", shape: [0, 3], parts: [.init(box: [0..<0, 0..<3], shard: 0)]),
        .init(name: "one", shape: [], parts: [.init(box: [], shard: 0)]),
      ]
    }
    #expect(try files.read().tensors.map { $0.floats().count } == [0, 1])
  }

  /// Only what the index names need be there.
  @Test func aFileThatHoldsNothingNeedNotBeThere() throws {
    let files = changed {
      for (index, entry) in $0.entries.enumerated() {
        for part in entry.parts.indices { $0.entries[index].parts[part].shard = 0 }
      }
    }
    #expect(try files.read { $0[".data-00001-of-00002"] = nil }.tensors.count == 2)
  }

  @Test func aModelIsOpenedByAnyOfItsNames() throws {
    let model = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Partitioned/model").path
    var options = ImportOptions()
    (options.router, options.selectedExperts, options.capacity) = (.tokensChoice, 2, .unlimited)
    options.dispatchRounding = DispatchRounding.none
    let folder = String(model.dropLast("/model".count))
    for name in [model, model + ".index", model + ".data-00001-of-00003", folder] {
      #expect(try CheckpointImport(path: name, options: options).configuration.width == 8, "\(name)")
    }
  }

  /// Fixtures/Partitioned/make.py says what is in it.
  @Test func aTrainingStateOfThreeFilesHoldsItsArrays() throws {
    let model = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Partitioned/model").path
    let expected = try ExpectedValues(path: model + ".expected.safetensors").tensors
    let source = try SourceFormat.source(in: MappedFile(path: model + ".index"), path: model + ".index")
    #expect(Set(source.tensors.map(\.name)) == Set(expected.keys))
    for tensor in source.tensors {
      #expect(tensor.shape == expected[tensor.name]?.shape, "\(tensor.name)")
      #expect(tensor.floats() == expected[tensor.name]?.elements, "\(tensor.name)")
    }
    #expect(source.setAside.sorted() == ["opt_state/0/count", "rngs/dropout", "step"])
  }

  /// The same parameters as an .npz archive, both written by vmoe's own users' means.
  @Test(.enabled(if: sharedFolder != nil)) func aReleasedLayoutHoldsWhatItsArchiveDoes() throws {
    func tensors(_ path: String) throws -> [SourceTensor] {
      let file = try SourceFormat.source(in: MappedFile(path: path), path: path)
      return try SourceRoot(file, root: nil).file.tensors.sorted { $0.name < $1.name }
    }
    let folder = shared("golden/import")
    let ours = try tensors("\(folder)/vmoe_tokens_choice_index/model.index")
    let theirs = try tensors("\(folder)/vmoe_tokens_choice_npz/model.npz")
    #expect(ours.map(\.name) == theirs.map(\.name))
    for (a, b) in zip(ours, theirs) { #expect(a.shape == b.shape && a.floats() == b.floats(), "\(a.name)") }
  }

  // MARK: What is missing, or another checkpoint's

  @Test func aMissingFileIsNamedWithThoseThatAreThere() {
    let text = problem { $0[second] = nil }
    #expect(text.contains("model.data-00001-of-00002: it is not there") && text.contains("in 2 data files"))
    #expect(text.contains("beside it are '\("model" + first)'"), "\(text)")
  }

  @Test func filesOfAnotherTotalAreNamed() {
    let text = problem {
      $0[".data-00001-of-00003"] = $0.removeValue(forKey: second)
    }
    #expect(text.contains("model.data-00001-of-00002: it is not there"), "\(text)")
    #expect(text.contains("'model.data-00001-of-00003'"), "\(text)")
  }

  @Test func filesThatChangedPlacesAreFound() {
    let text = problem { files in
      (files[first], files[second]) = (files[second], files[first])
    }
    #expect(
      text.contains("model\(first): the index does not say that part [0:2, 0:3, 1:4] of 'grid' is in it"),
      "\(text)")
  }

  @Test func aFileOfAnotherCheckpointIsFound() {
    let more = changed {
      $0.entries.append(.init(name: "x", shape: [1], parts: [.init(box: [0..<1], shard: 1)]))
    }
    #expect(
      problem { $0[second] = more.data(1) }.contains(
        "expected an array's number below 3, found '3'; is it of another"))
    let other = changed {
      $0.entries[2] = .init(
        name: "whole", shape: [5], type: "float16", parts: [.init(box: [0..<5], shard: 1)])
    }
    #expect(
      problem(other) { $0[second] = PartitionedFiles.sound.data(1) }.contains(
        "expected f16 as the index says"))
    let less = changed { $0.entries[0].parts[0].shard = 1 }
    #expect(
      problem(less) { $0[second] = PartitionedFiles.sound.data(1) }.contains(
        "model\(second): part [0:2, 0:3, 0:1] of 'grid' is not in it"))
    let larger = changed {
      $0.entries[2] = .init(name: "whole", shape: [6], parts: [.init(box: [0..<6], shard: 1)])
    }
    #expect(problem { $0[second] = larger.data(1) }.contains("expected a range within 0:5, found 0:6"))
  }

  @Test func anEmptyFileAndOneOfAnotherKindAreNamed() {
    #expect(problem { $0[second] = [] }.contains("an empty file"))
    #expect(problem { $0[second] = Packed.map([]) }.contains("found no '__msgpack_array_chunk_a87ca2__'"))
    #expect(
      problem { $0[second] = $0[".index"] }.contains(
        "expected an array's number below 3, found 'shard_count'"))
    #expect(problem { $0[second] = Array("PK".utf8) }.contains("expected a map of arrays"))
  }

  // MARK: Damage to the index

  @Test func aGridWithAHoleOrAnOverlapIsRefused() {
    func grid(_ change: (inout [PartitionedFiles.Part]) -> Void) -> String {
      problem(changed { change(&$0.entries[0].parts) })
    }
    #expect(
      grid { $0.removeLast() }.contains("array 'grid': expected a part for every place of a grid, found 3"))
    #expect(grid { $0.removeLast(2) }.contains("its parts end at index 2 of axis 0, expected 4"))
    #expect(grid { $0.removeAll() }.contains("its parts end at index 0 of axis 0, expected 4"))
    #expect(
      grid { $0[3].box[2] = 2..<4 }.contains(
        "its parts overlap along axis 2: expected one from index 4, found 2:4"))
    #expect(
      grid { parts in for i in [1, 3] { parts[i].box[2] = 2..<4 } }.contains("leave a hole along axis 2"))
    #expect(
      grid { $0[1] = $0[0] }.contains("expected every part of an array once, found [0:2, 0:3, 0:1] twice"))
    #expect(grid { $0[0].box[1] = 0..<9 }.contains("expected a range within 0:3, found 0:9"))
    #expect(grid { $0[0].box.removeLast() }.contains("expected a range for each of 3 axes"))
    #expect(
      grid { $0[0].shard = 7 }.contains("array 'grid' lies in data file 7, of 2 that are counted from 0"))
    #expect(grid { $0[0].shard = -1 }.contains("lies in data file -1"))
  }

  @Test func whatTheIndexMustSayIsAskedFor() {
    #expect(
      problem { $0[".index"] = Packed.map([("shard_count", [1])]) }.contains("expected the map 'index'"))
    for count in [0, -1, 100_000, Int.max] {
      #expect(
        problem {
          $0[".index"] = Packed.map([("shard_count", Packed.integer(count)), ("index", Packed.map([]))])
        }
        .contains("expected a shard_count from 1 to 99999, found \(count)"))
    }
    #expect(problem { $0[".index"]! += [0] }.contains("expected the end of the file behind the index"))
    #expect(
      problem(changed { $0.version = Packed.text("20300101") }).contains("expected version '20220622'"))
    #expect(problem(changed { $0.version = [7] }).contains("expected a version as text"))
  }

  /// A version-less index counts its arrays as a Python class has its fields.
  @Test func withoutAVersionOnlyParametersAreRead() throws {
    #expect(problem(changed { $0.version = nil }).contains("it has no version"))
    let parameters = changed {
      $0.version = nil
      $0.entries[1].name = "hue"
    }
    #expect(try parameters.read().tensors.count == 2)
  }

  @Test(arguments: [
    ("complex64", [2], "expected type float64, float32"),
    ("float32", [-1, -2], "expected dimensions of at least 0"),
    ("float32", [Int.max, Int.max], "whose product fits 63 bits"),
    ("float32", [Int](repeating: 1, count: 9), "a shape of at most 8 dimensions"),
  ]) func anArrayThatCannotBeIsRefused(_ type: String, _ shape: [Int], _ sentence: String) {
    let files = changed {
      $0.entries = [
        .init(name: "a", shape: shape, type: type, parts: [.init(box: shape.map { _ in 0..<1 }, shard: 0)])
      ]
      $0.shardCount = 1
    }
    #expect(problem { $0[".index"] = files.index }.contains(sentence))
  }

  @Test func anIndexNestedWithoutEndIsRefused() {
    let deep = (0..<2000).reduce([UInt8(0xC0)]) { inner, _ in [0x81, 0xA1, 0x61] + inner }
    #expect(
      problem { $0[".index"] = Packed.map([("shard_count", [1]), ("index", deep)]) }
        .contains("at most 32 levels"))
    let lists = [UInt8](repeating: 0x91, count: 5000) + [0xC0]
    #expect(
      problem { $0[".index"] = Packed.map([("shard_count", [1]), ("other", lists)]) }.contains(
        "at most 32 levels"))
    #expect(problem { $0[second] = Packed.map([("1", lists)]) }.contains("at most 32 levels"))
  }

  @Test func anIndexOfAnotherNameCannotFindItsFiles() throws {
    try withTemporaryFile("renamed") { path in
      try Data(PartitionedFiles.sound.index).write(to: URL(filePath: path))
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: path, options: ImportOptions())
      }
      #expect(
        error?.description.contains("beside PREFIX.data-00000-of-00002") == true,
        "\(error?.description ?? "")")
    }
  }

  @Test func aDataFileWithoutItsIndexIsNamed() throws {
    try withTemporaryFile("model.data-00000-of-00002") { path in
      let data = Data(PartitionedFiles.sound.data(0))
      try data.write(to: URL(filePath: path))
      try data.write(to: URL(filePath: path + ".copy"))
      for (path, sentence) in [
        (path, "model.index', is not beside it"), (path + ".copy", "one of the data files of a V-MoE"),
      ] {
        let error = #expect(throws: ImportError.self) {
          try CheckpointImport(path: path, options: ImportOptions())
        }
        #expect(error?.description.contains(sentence) == true, "\(error?.description ?? "")")
      }
    }
  }

  @Test func anIndexOfTensorFlowIsNamed() throws {
    try withTemporaryFile("model.ckpt.index") { path in
      let footer: [UInt8] = [0x57, 0xFB, 0x80, 0x8B, 0x24, 0x75, 0x47, 0xDB]
      try Data([UInt8](repeating: 0, count: 100) + footer).write(to: URL(filePath: path))
      let error = #expect(throws: ImportError.self) {
        try CheckpointImport(path: path, options: ImportOptions())
      }
      #expect(error?.description.contains("the index of a TensorFlow checkpoint") == true)
    }
  }

  // MARK: Damage anywhere

  @Test func aFileCutAnywhereIsRefused() {
    let files = PartitionedFiles.sound
    for (name, whole) in [(".index", files.index), (first, files.data(0)), (second, files.data(1))] {
      for count in 1..<whole.count {
        #expect(throws: ImportError.self, "\(name), \(count) bytes") {
          try files.read { $0[name] = Array(whole[..<count]) }
        }
      }
    }
  }

  /// Whatever a byte becomes, the files are read or refused.
  @Test func aByteChangedAnywhereStopsNothing() throws {
    let files = PartitionedFiles.sound
    try withTemporaryFile("model") { prefix in
      let whole = [(".index", files.index), (first, files.data(0)), (second, files.data(1))]
      for (name, bytes) in whole { try Data(bytes).write(to: URL(filePath: prefix + name)) }
      for (name, bytes) in whole {
        let file = try FileHandle(forWritingTo: URL(filePath: prefix + name))
        for (place, old) in bytes.enumerated() {
          for value: UInt8 in [0, 0x80, 0xC1, 0xFF] {
            try file.seek(toOffset: UInt64(place))
            try file.write(contentsOf: [value])
            let index = try MappedFile(path: prefix + ".index")
            let source = try? SourceFormat.source(in: index, path: prefix + ".index")
            for tensor in source?.tensors ?? [] { _ = tensor.floats() }
          }
          try file.seek(toOffset: UInt64(place))
          try file.write(contentsOf: [old])
        }
      }
    }
  }

  @Test func piecesThatDoNotFitAreRefused() {
    let box = Packed.extended(6, Packed.box([0..<5]))
    func data(_ pieces: [[UInt8]], _ place: [UInt8]) -> String {
      let number = Packed.list([Packed.list([Packed.list(pieces), place])])
      return problem(changed { $0.entries.removeFirst(2) }) {
        $0[second] = Packed.map([("__msgpack_array_chunk_a87ca2__", [0xC3]), ("0", number)])
      }
    }
    #expect(data([Packed.array([1, 2, 3, 4])], box).contains("part [0:5] of 'whole' has 4 elements"))
    #expect(data([], box).contains("part [0:5] of 'whole' has 0 elements"))
    #expect(
      data([Packed.array([1]), Packed.array([2, 3, 4, 5])], box).contains(
        "expected pieces of 1 elements, but for the last, found one of 4"))
    #expect(
      data([Packed.array([1, 2, 3, 4, 5], type: "float16")], box).contains("does not fit its 20 bytes"))
    #expect(data([[7]], box).contains("expected an array (extension 1)"))
    #expect(data([Packed.array([1, 2, 3, 4, 5])], [7]).contains("expected a part's place (extension 6)"))
  }
}
