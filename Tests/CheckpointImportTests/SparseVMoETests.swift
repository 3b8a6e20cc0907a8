import Checkpoint
import CheckpointImport
import Foundation
import SoftMoEViT
import TestSupport
import Testing

/// Models of google-research/vmoe whose routers are sparse: what is asked, and what is made of the answers.
@Suite struct SparseVMoETests {
  private let model = packageRoot.appending(path: "Tests/CheckpointImportTests/Fixtures/Partitioned/model")
    .path

  private func imported(_ change: (inout ImportOptions) -> Void = { _ in }) throws -> CheckpointImport {
    var options = ImportOptions()
    change(&options)
    return try CheckpointImport(path: model, options: options)
  }

  private func problem(_ change: (inout ImportOptions) -> Void = { _ in }) -> String {
    let error = #expect(throws: ImportError.self) { try imported(change) }
    return error?.description ?? ""
  }

  @Test func whatTheTensorsDoNotTellIsAskedForWithWhatIsLikely() {
    #expect(
      problem().contains(
        "V-MoE's released models have --router tokens_choice --selected-experts 2 --capacity-factor 1.05 "
          + "--dispatch-rounding bfloat16"))
    #expect(problem { $0.router = .tokensChoice }.hasPrefix("--selected-experts: the tensors do not tell it"))
    #expect(problem { $0.router = .tokensChoice }.hasSuffix("give it, likely 2 or 1"))
    let capacity = problem { ($0.router, $0.selectedExperts) = (.tokensChoice, 2) }
    #expect(capacity.hasPrefix("--capacity-factor: ") && capacity.contains("likely none or 1.05 or 1.0"))
    #expect(
      problem { $0.router = .expertsChoice }.hasSuffix(
        "give it, likely 1.0 or 1.05 or 1.5 or 1.25 or 2.0 or 0.5"))
    let rounding = problem {
      ($0.router, $0.selectedExperts, $0.capacity) = (.tokensChoice, 2, .unlimited)
    }
    #expect(rounding.hasPrefix("--dispatch-rounding: ") && rounding.contains("have bfloat16"))
  }

  @Test func theAnswersBecomeTheConfiguration() throws {
    let tokens = try imported {
      ($0.router, $0.selectedExperts, $0.capacity, $0.batchPriority) = (.tokensChoice, 2, .factor(1.05), true)
      $0.dispatchRounding = .bfloat16
    }
    let moe = try #require(tokens.configuration.moe)
    #expect(moe.router == .tokensChoice && moe.selectedExperts == 2 && moe.capacityFactor == 1.05)
    #expect(moe.batchPriority && !moe.renormalizedGates && moe.capacityMultiple == 4)
    #expect(moe.layers == [1] && moe.expertCount == 4 && moe.slotsPerExpert == 1 && moe.expertWidth == 16)
    #expect(moe.normalization == .none && moe.dispatchRounding == .bfloat16 && !moe.routerBias)
    #expect(tokens.configuration.preLogitsWidth == 8 && tokens.configuration.pooling == .classToken)
    #expect(tokens.prefix == "params/" && tokens.setAside.contains("opt_state/0/mu/head/bias"))
    let settings = [Setting.batchPriority, .renormalizedGates, .capacityMultiple].map { setting in
      tokens.decisions.first { $0.setting == setting }?.origin
    }
    #expect(settings == [.option, .assumed, .assumed])
    let experts = try imported {
      ($0.router, $0.capacity, $0.capacityMultiple) = (.expertsChoice, .factor(2), 1)
      $0.dispatchRounding = DispatchRounding.none
    }
    let choice = try #require(experts.configuration.moe)
    #expect(choice.router == .expertsChoice && choice.selectedExperts == 0 && choice.capacityFactor == 2)
    #expect(choice.capacityMultiple == 1)
  }

  /// Without a capacity nobody waits for a place.
  @Test func withoutACapacityNeitherOrderNorRoundingIsAsked() throws {
    let model = try imported {
      ($0.router, $0.selectedExperts, $0.capacity) = (.tokensChoice, 2, .unlimited)
      $0.dispatchRounding = DispatchRounding.none
    }
    #expect(model.configuration.moe?.capacityFactor == nil)
    #expect(!model.decisions.contains { [.batchPriority, .capacityMultiple].contains($0.setting) })
  }

  @Test func answersThatDoNotFitAreRefused() {
    #expect(
      problem { ($0.router, $0.capacity) = (.expertsChoice, .unlimited) }.contains(
        "expected a number, likely 1.0"))
    #expect(problem { $0.router = .soft }.contains("soft is asked for; the tensors are a sparse router's"))
    let tooMany = problem {
      ($0.router, $0.selectedExperts, $0.capacity) = (.tokensChoice, 5, .unlimited)
      $0.dispatchRounding = DispatchRounding.none
    }
    #expect(tooMany.contains("moe.selected_experts"), "\(tooMany)")
  }

  @Test(arguments: [
    ("none", CapacityOption.unlimited), ("1.05", .factor(1.05)), ("1", .factor(1)), ("0", nil), ("-1", nil),
    ("nan", nil), ("inf", nil), ("", nil), ("None", nil), ("1e999", nil),
  ]) func aCapacityIsNoneOrANumberAboveZero(_ text: String, _ capacity: CapacityOption?) {
    #expect(CapacityOption(text) == capacity)
  }

  /// A model of `TinyModel` with other tensors in the place of its MLP.
  private func tiny(
    _ router: [(name: String, shape: [Int])], _ change: (inout ImportOptions) -> Void = { _ in }
  ) throws -> CheckpointImport {
    let block = "Encoder/encoderblock_0/"
    var tensors = tinyModel
    if !router.isEmpty {
      let experts: [(name: String, shape: [Int])] = [
        ("Moe/Mlp/Dense_0/kernel", [2, 4, 8]), ("Moe/Mlp/Dense_0/bias", [2, 8]),
        ("Moe/Mlp/Dense_1/kernel", [2, 8, 4]), ("Moe/Mlp/Dense_1/bias", [2, 4]),
      ]
      tensors.removeAll { $0.name.contains("/Mlp/") }
      tensors += (router + experts).map { (name: block + $0.name, shape: $0.shape) }
    }
    return try withTemporaryFile("model.safetensors") { path in
      try Data(safetensors(tensors)).write(to: URL(filePath: path))
      var options = ImportOptions()
      change(&options)
      return try CheckpointImport(path: path, options: options)
    }
  }

  private let soft: [(name: String, shape: [Int])] = [
    ("Moe/Router/mu", [4, 2, 1]), ("Moe/Router/scale", []),
  ]

  @Test func aRouterWithABiasHasOne() throws {
    let model = try tiny([("Moe/Router/dense/kernel", [4, 2]), ("Moe/Router/dense/bias", [2])]) {
      ($0.router, $0.capacity, $0.dispatchRounding) = (.expertsChoice, .factor(1), DispatchRounding.none)
    }
    #expect(model.configuration.moe?.routerBias == true)
  }

  @Test func whatOnlySparseRoutersHaveIsRefusedElsewhere() throws {
    for router in [[], soft] {
      for change: (inout ImportOptions) -> Void in [
        { $0.selectedExperts = 2 }, { $0.capacity = .unlimited }, { $0.batchPriority = false },
        { $0.renormalizedGates = true }, { $0.capacityMultiple = 4 }, { $0.router = .tokensChoice },
      ] {
        let error = #expect(throws: ImportError.self) { try tiny(router, change) }
        #expect(
          error?.description.hasSuffix("the model has no sparse router") == true,
          "\(error?.description ?? "")")
      }
      #expect(try tiny(router) { $0.router = router.isEmpty ? nil : .soft }.configuration.width == 4)
    }
  }

  @Test func ensemblesOfExpertsAreRefusedByTheirName() {
    let error = #expect(throws: ImportError.self) { try tiny([("Moe/Router/dense/kernel", [4, 2, 1])]) }
    #expect(error?.description.contains("E³, vmoe's efficient ensembles") == true)
  }

  @Test func softAndSparseRoutersInOneBlockAreRefused() {
    let error = #expect(throws: ImportError.self) { try tiny(soft + [("Moe/Router/dense/kernel", [4, 2])]) }
    #expect(error?.description.contains("soft routers (blocks [0]) beside sparse ones (blocks [0])") == true)
  }

  // MARK: What the probe tells

  /// What vmoe computed for images of its own, and what it was built with.
  struct Golden: Sendable, CustomTestStringConvertible {
    let name, source: String
    let router: RouterKind
    let selectedExperts: Int
    let batchPriority: Bool
    var testDescription: String { name }
  }

  static let golden = [
    Golden(
      name: "vmoe_sharded_tokens_choice", source: "checkpoint", router: .tokensChoice, selectedExperts: 2,
      batchPriority: false),
    Golden(
      name: "vmoe_sharded_bpr_low_capacity", source: "checkpoint.data-00000-of-00001", router: .tokensChoice,
      selectedExperts: 1, batchPriority: true),
    Golden(
      name: "vmoe_tokens_choice_bpr", source: "params.msgpack", router: .tokensChoice, selectedExperts: 2,
      batchPriority: true),
    Golden(
      name: "vmoe_experts_choice", source: "params.npz", router: .expertsChoice, selectedExperts: 0,
      batchPriority: false),
  ]

  @Test(.enabled(if: sharedFolder != nil), arguments: golden)
  func aProbeAloneFindsTheRouter(_ item: Golden) throws {
    let folder = shared("golden/\(item.name)")
    let expected = try ExpectedValues(path: "\(folder)/expected.safetensors")
    let (pixels, logits) = (try expected.pixels, try #require(expected["logits_fp32_dispatch"]))
    try withTemporaryFile("probe.safetensors") { path in
      let writer = try SafetensorsWriter(
        path: path, shapes: ["pixels": pixels.shape, "logits": logits.shape])
      try writer.write(pixels.elements, of: "pixels", atRow: 0)
      try writer.write(logits.elements, of: "logits", atRow: 0)
      try writer.finish()
      var options = ImportOptions()
      options.probe = path
      let found = try CheckpointImport(path: "\(folder)/\(item.source)", options: options)
      let moe = try #require(found.configuration.moe)
      #expect(moe.router == item.router && moe.selectedExperts == item.selectedExperts)
      #expect(moe.batchPriority == item.batchPriority && !moe.renormalizedGates)
      #expect(moe.dispatchRounding == .none)
      #expect(found.decisions.first { $0.setting == .router }?.origin == .probe)
      // The gates of this one are so sharp that experts would choose the same tokens.
      let router = found.decisions.first { $0.setting == .router }?.alsoFit.map(\.value)
      let isOpen = router == ["experts_choice"]
      #expect(isOpen == (item.name == "vmoe_sharded_bpr_low_capacity"))
      // Where the answers fit several capacities, it is said.
      let capacity = moe.capacityFactor.map { "\($0)" } ?? "none"
      for decision in found.decisions where decision.setting == .capacityFactor {
        #expect(decision.value == capacity && !decision.alsoFit.map(\.value).contains(capacity))
      }
    }
  }
}
