import Kernels
import Testing

/// What sparse routers do, against their definitions in Double.
@Suite struct SparseRoutingTests {
  /// Sizes and kinds of gates at which routing could go wrong.
  struct Case: CustomTestStringConvertible, Sendable {
    var images = 2
    var tokens = 13
    var experts = 5
    var selected = 2
    var capacity = 4
    var byPriority = false
    var isRenormalized = false
    var gates = Gates.random
    enum Gates: String, Sendable { case random, ties, equal, oneExpert }

    var testDescription: String {
      "\(tokens) tokens, \(experts) experts, K \(selected), C \(capacity), \(gates.rawValue)"
        + (byPriority ? ", by priority" : "") + (isRenormalized ? ", renormalised" : "")
    }

    static let all: [Case] =
      [Gates.random, .ties, .equal, .oneExpert].flatMap { gates in
        [false, true].flatMap { byPriority in
          [
            Case(byPriority: byPriority, gates: gates),
            Case(selected: 1, byPriority: byPriority, gates: gates),
            Case(selected: 5, byPriority: byPriority, gates: gates),
            Case(selected: 5, capacity: 13, byPriority: byPriority, gates: gates),
            Case(capacity: 1, byPriority: byPriority, isRenormalized: true, gates: gates),
            Case(images: 3, tokens: 1, selected: 3, capacity: 1, byPriority: byPriority, gates: gates),
            Case(experts: 1, selected: 1, capacity: 8, byPriority: byPriority, gates: gates),
            Case(
              images: 4, tokens: 70, experts: 33, selected: 4, capacity: 7, byPriority: byPriority,
              gates: gates),
          ]
        }
      }

    /// [images·tokens][experts], each row a distribution.
    func makeGates(seed: Int) -> [[Float]] {
      rows(images * tokens, experts, seed: seed).map { row in
        let weights: [Float] =
          switch gates {
          case .random: row.map { $0 + 1.5 }
          case .ties: row.map { $0 > 0.3 ? 4 : $0 > -0.4 ? 2 : 1 }
          case .equal: row.map { _ in 1 }
          case .oneExpert: row.indices.map { $0 == experts / 2 ? 100 : 1 }
          }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
      }
    }
  }

  /// Which tokens an expert takes, in the order in which they claim their places: [experts] of one image.
  private func claims(_ gates: [[Float]], _ it: Case) -> [[Int]] {
    // Each token's experts, best first; a stable sort keeps equal ones in order.
    let choices = gates.map { row in row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 } }
    let best = gates.map { $0.max() ?? 0 }
    let order = gates.indices.sorted { it.byPriority && best[$0] != best[$1] ? best[$0] > best[$1] : $0 < $1 }
    var taken = [[Int]](repeating: [], count: it.experts)
    for rank in 0..<it.selected {
      for token in order where taken[choices[token][rank]].count < it.capacity {
        taken[choices[token][rank]].append(token)
      }
    }
    return taken
  }

  @Test(arguments: Case.all) func tokensChooseAsDefined(_ it: Case) throws {
    let compute = try Compute(threads: 3)
    let rowsOfExperts = try ExpertRows(
      maxImageCount: it.images, tokenCount: it.tokens, expertCount: it.experts)
    let list = it.makeGates(seed: it.tokens)
    var gates = try filled(list)
    var dispatch = try filled(list)
    compute.chooseExperts(
      &gates, imageCount: it.images, selected: it.selected, capacity: it.capacity, byPriority: it.byPriority,
      isRenormalized: it.isRenormalized, into: &dispatch, rowsOfExperts)
    let taken = (0..<it.images).map { image in
      claims(Array(list[image * it.tokens..<(image + 1) * it.tokens]), it)
    }
    try expect(compute, it, list, gates, dispatch, taken, rowsOfExperts)
  }

  @Test(arguments: Case.all.filter { !$0.byPriority && !$0.isRenormalized })
  func expertsChooseAsDefined(_ it: Case) throws {
    let compute = try Compute(threads: 3)
    let rowsOfExperts = try ExpertRows(
      maxImageCount: it.images, tokenCount: it.tokens, expertCount: it.experts)
    let list = it.makeGates(seed: it.tokens)
    var gates = try filled(list)
    var dispatch = try filled(list)
    compute.chooseTokens(
      &gates, imageCount: it.images, capacity: it.capacity, into: &dispatch, rowsOfExperts)
    let taken = (0..<it.images).map { image in
      let rows = list[image * it.tokens..<(image + 1) * it.tokens].map { $0 }
      return (0..<it.experts).map { expert in
        let order = rows.indices.sorted {
          rows[$0][expert] != rows[$1][expert] ? rows[$0][expert] > rows[$1][expert] : $0 < $1
        }
        return Array(order.prefix(it.capacity))
      }
    }
    try expect(compute, it, list, gates, dispatch, taken, rowsOfExperts)
  }

  /// The routing matrices, then experts that multiply by their number plus one, then the sums that come back.
  private func expect(
    _ compute: Compute, _ it: Case, _ list: [[Float]], _ gates: borrowing Matrix,
    _ dispatch: borrowing Matrix,
    _ taken: [[[Int]]], _ rowsOfExperts: ExpertRows
  ) throws {
    var expected = [[Double]](repeating: Array(repeating: 0, count: it.experts), count: list.count)
    for (image, experts) in taken.enumerated() {
      for (expert, tokens) in experts.enumerated() {
        for token in tokens {
          let row = list[image * it.tokens + token].map(Double.init)
          let chosen = row.sorted(by: >).prefix(it.selected).reduce(0, +)
          expected[image * it.tokens + token][expert] = row[expert] / (it.isRenormalized ? chosen : 1)
        }
      }
    }
    for row in list.indices {
      #expect(near(gates.row(row), expected[row], 1e-6))
      #expect(dispatch.row(row) == expected[row].map { $0 > 0 ? 1 : 0 })
    }
    let count = taken.joined().reduce(0) { $0 + $1.count }
    #expect(rowsOfExperts.rowCount(imageCount: it.images) == count)

    let width = 21
    let values = rows(list.count, width, seed: 9)
    let tokens = try filled(values)
    var inputs = try Matrix(rows: max(1, count), columns: width)
    var outputs = try Matrix(rows: max(1, count), columns: width)
    var sums = try filled(values)
    compute.gather(tokens, imageCount: it.images, rowsOfExperts, into: &inputs)
    // Rows lie by expert, then by image, then in the order of the claims.
    var next = 0
    for expert in 0..<it.experts {
      for image in taken.indices {
        for token in taken[image][expert] {
          #expect(inputs.row(next) == values[image * it.tokens + token])
          outputs.setRow(next, to: inputs.row(next).map { $0 * Float(expert + 1) })
          next += 1
        }
      }
    }
    let gain = Array(repeating: Float(0.5), count: width)
    compute.scatter(
      outputs, gates, imageCount: it.images, rowsOfExperts, gain: vectors(gain), addingTo: &sums)
    for row in list.indices {
      let factor = expected[row].indices.reduce(0) { $0 + expected[row][$1] * Double($1 + 1) }
      #expect(near(sums.row(row), values[row].map { Double($0) * (1 + 0.5 * factor) }))
    }
  }

  @Test func gatesThatAreNoNumbersEndToo() throws {
    let compute = try Compute(threads: 2)
    let rowsOfExperts = try ExpertRows(maxImageCount: 1, tokenCount: 9, expertCount: 4)
    let list = rows(9, 4, seed: 3).enumerated().map { row in
      row.element.map { row.offset % 2 == 0 ? .nan : $0 }
    }
    for byPriority in [false, true] {
      var gates = try filled(list)
      var dispatch = try filled(list)
      compute.chooseExperts(
        &gates, imageCount: 1, selected: 3, capacity: 2, byPriority: byPriority, isRenormalized: false,
        into: &dispatch, rowsOfExperts)
      #expect(rowsOfExperts.rowCount(imageCount: 1) == 8)
    }
    var gates = try filled(list)
    var dispatch = try filled(list)
    compute.chooseTokens(&gates, imageCount: 1, capacity: 4, into: &dispatch, rowsOfExperts)
    #expect((0..<9).map { dispatch.row($0).reduce(0, +) }.reduce(0, +) == 16)
  }

  @Test(arguments: [1, 3]) func expertsOfAnyNumberOfRowsMultiplyThem(_ threads: Int) throws {
    let (d, h, images) = (20, 24, 5)
    // Of each image; over five images expert 4 has more rows than a block has.
    let wanted = [3, 0, 1, 17, 40, 2]
    let owners = wanted.indices.flatMap { Array(repeating: $0, count: wanted[$0]) }
    let compute = try Compute(threads: threads)
    let rowsOfExperts = try ExpertRows(
      maxImageCount: images, tokenCount: owners.count, expertCount: wanted.count)
    var gates = try filled(
      (0..<images).flatMap { _ in owners.map { owner in wanted.indices.map { $0 == owner ? 1 : 0 } } })
    var dispatch = try Matrix(rows: images * owners.count, columns: wanted.count)
    compute.chooseExperts(
      &gates, imageCount: images, selected: 1, capacity: owners.count, byPriority: false,
      isRenormalized: false,
      into: &dispatch, rowsOfExperts)
    let count = images * owners.count
    let inputs = try filled(rows(count, d, seed: 4))
    var outputs = try Matrix(rows: count, columns: d)
    let up = wanted.indices.map { values(d * h, seed: $0) }
    let down = wanted.indices.map { values(h * d, seed: 50 + $0) }
    let mlp = MLPWeights(
      up: Linear(weights: weights(up, k: d, c: h), bias: nil),
      down: Linear(weights: weights(down, k: h, c: d), bias: nil), activation: .relu)
    compute.experts(inputs, mlp, imageCount: images, rowsOfExperts, into: &outputs)
    var first = 0
    for (expert, share) in wanted.enumerated() {
      let range = first..<first + share * images
      let hidden = naive(range.map { inputs.row($0) }, up[expert].map(Double.init), columns: h)
        .map { $0.map { Float(max(0, $0)) } }
      let expected = naive(hidden, down[expert].map(Double.init), columns: d)
      for row in range { #expect(near(outputs.row(row), expected[row - first], 1e-4)) }
      first = range.upperBound
    }
    #expect(first == count)
  }
}
