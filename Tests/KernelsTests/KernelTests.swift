import Foundation
import Kernels
import Testing

@Suite struct KernelTests {
  @Test(arguments: [1, 5, 8, 9, 31])
  func bothSoftmaxesSumToOneAndMeasureEntropy(_ slots: Int) throws {
    let compute = try Compute(threads: 2)
    let (images, tokens) = (2, 11)
    let list = rows(images * tokens, slots, seed: slots).map { row in row.map { $0 * 20 } }
    var logits = try filled(list)
    var dispatch = try Matrix(rows: images * tokens, columns: slots)
    var effective = try Matrix(rows: images, columns: slots)
    var largest = try Matrix(rows: images, columns: slots)
    var contribution = try Matrix(rows: images, columns: tokens)
    compute.softmaxOverTokens(
      logits, imageCount: images, tokenCount: tokens, into: &dispatch, effectiveTokens: &effective,
      largestWeight: &largest, firstRow: 0)
    compute.tokenContribution(
      dispatch, imageCount: images, tokenCount: tokens, into: &contribution, firstRow: 0)
    compute.softmaxOverSlots(rows: images * tokens, inPlace: &logits)
    for row in list.indices {
      let exponentials = list[row].map { exp(Double($0)) }
      let total = exponentials.reduce(0, +)
      #expect(near(logits.row(row), exponentials.map { $0 / total }))
    }
    for image in 0..<images {
      for slot in 0..<slots {
        let column = (0..<tokens).map { exp(Double(list[image * tokens + $0][slot])) }
        let shares = column.map { $0 / column.reduce(0, +) }
        #expect(near((0..<tokens).map { dispatch.row(image * tokens + $0)[slot] }, shares))
        let entropy = -shares.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }
        #expect(abs(Double(effective.row(image)[slot]) - exp(entropy)) < 1e-4)
        #expect(abs(Double(largest.row(image)[slot]) - (shares.max() ?? 0)) < 1e-6)
      }
      for token in 0..<tokens {
        let total = dispatch.row(image * tokens + token).reduce(0) { $0 + Double($1) }
        let expected = total * Double(tokens) / Double(slots)
        #expect(abs(Double(contribution.row(image)[token]) - expected) < 1e-5)
      }
    }
  }

  @Test(arguments: [1, 8, 13])
  func layerNormEqualsItsDefinition(_ width: Int) throws {
    let compute = try Compute(threads: 1)
    let list = rows(3, width, seed: 2)
    let input = try filled(list)
    let scale = values(width, seed: 6)
    let shift = values(width, seed: 7)
    var output = try Matrix(rows: 3, columns: width)
    let norm = LayerNorm(
      scale: vectors(scale), shift: vectors(shift), epsilon: 1e-6)
    compute.layerNorm(input, norm, rows: 3, into: &output)
    for row in 0..<3 {
      let x = list[row].map(Double.init)
      let mean = x.reduce(0, +) / Double(width)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let expected = x.indices.map {
        (x[$0] - mean) / (variance + 1e-6).squareRoot() * Double(scale[$0]) + Double(shift[$0])
      }
      #expect(near(output.row(row), expected, 1e-4))
    }
  }

  @Test(arguments: [1, 8, 13])
  func rmsNormEqualsItsDefinition(_ width: Int) throws {
    let list = rows(3, width, seed: 2)
    let scale = values(width, seed: 6)
    var output = try filled(list)
    let norm = LayerNorm(scale: vectors(scale), shift: nil, epsilon: 1e-6, isCentered: false)
    try Compute(threads: 1).layerNorm(norm, rows: 3, inPlace: &output)
    for row in 0..<3 {
      let x = list[row].map(Double.init)
      let meanSquare = x.reduce(0) { $0 + $1 * $1 } / Double(width)
      let expected = x.indices.map { x[$0] / (meanSquare + 1e-6).squareRoot() * Double(scale[$0]) }
      #expect(near(output.row(row), expected, 1e-5))
    }
  }

  @Test func roundingToBFloat16IsToNearestEven() throws {
    let compute = try Compute(threads: 1)
    var matrix = try Matrix(rows: 1, columns: 4)
    matrix.setRow(0, to: [1, Float(bitPattern: 0x3F80_8000), Float(bitPattern: 0x3F81_8000), -0.1])
    compute.roundToBFloat16(rows: 1, inPlace: &matrix)
    #expect(matrix.row(0) == [1, 1, Float(bitPattern: 0x3F82_0000), Float(bitPattern: 0xBDCD_0000)])
  }

  /// With one thread each head makes its own projections, with four they are made for all at once.
  @Test(
    arguments: KernelSet.all,
    [(1, 4, false), (17, 8, true), (65, 24, false), (33, 16, false), (50, 32, true)])
  func attentionEqualsItsDefinition(
    _ kernels: KernelSet, _ sizes: (tokens: Int, headWidth: Int, isNormalized: Bool)
  ) throws {
    let (images, heads, (m, hd, isNormalized)) = (2, 3, sizes)
    let d = heads * hd
    let list = rows(images * m, d, seed: m)
    let (matrix, bias) = (values(d * 3 * d, seed: 3).map { $0 / 4 }, values(3 * d, seed: 4))
    let (scale, shift) = (values(hd, seed: 5), values(hd, seed: 6))
    let projection = AttentionProjection(
      qkv: Linear(weights: weights([matrix], k: d, c: 3 * d), bias: vectors(bias)),
      queryNorm: isNormalized ? LayerNorm(scale: vectors(scale), shift: vectors(shift), epsilon: 1e-6) : nil,
      keyNorm: isNormalized ? LayerNorm(scale: vectors(scale), shift: nil, epsilon: 1e-6) : nil)
    let qkv = naive(list, matrix.map(Double.init), columns: 3 * d).map { row in
      zip(row, bias).map { $0 + Double($1) }
    }
    func part(_ row: Int, _ which: Int, _ head: Int) -> [Double] {
      let first = which * d + head * hd
      let x = Array(qkv[row][first..<first + hd])
      guard isNormalized, which < 2 else { return x }
      let mean = x.reduce(0, +) / Double(hd)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(hd)
      return x.indices.map {
        (x[$0] - mean) / (variance + 1e-6).squareRoot() * Double(scale[$0])
          + (which == 0 ? Double(shift[$0]) : 0)
      }
    }
    var outputs: [[Float]] = []
    for threads in [1, 4] {
      var projected = try Matrix(rows: images * m, columns: 3 * d)
      var output = try Matrix(rows: images * m, columns: d)
      try Compute(threads: threads, kernels).attention(
        filled(list), projection, imageCount: images, tokenCount: m, headCount: heads,
        projected: &projected, into: &output)
      outputs.append((0..<images * m).flatMap { output.row($0) })
    }
    #expect(outputs[0] == outputs[1] || !kernels.isBatchInvariant)
    for image in 0..<images {
      for head in 0..<heads {
        let keys = (0..<m).map { part(image * m + $0, 1, head) }
        let tokenValues = (0..<m).map { part(image * m + $0, 2, head) }
        for token in 0..<m {
          let query = part(image * m + token, 0, head)
          let scores = keys.map { key in
            zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / Double(hd).squareRoot()
          }
          let top = scores.max() ?? 0
          let total = scores.reduce(0) { $0 + exp($1 - top) }
          let expected = (0..<hd).map { lane in
            (0..<m).reduce(0) { $0 + exp(scores[$1] - top) / total * tokenValues[$1][lane] }
          }
          let first = (image * m + token) * d + head * hd
          #expect(near(Array(outputs[0][first..<first + hd]), expected, 1e-4))
        }
      }
    }
  }

  @Test(arguments: KernelSet.all) func mixingEqualsItsDefinition(_ kernels: KernelSet) throws {
    let (images, m, s, d) = (3, 10, 7, 37)
    let (tokens, mix) = (rows(images * m, d, seed: 1), rows(images * m, s, seed: 2))
    let x = try filled(tokens)
    let w = try filled(mix)
    let compute = try Compute(threads: 3, kernels)
    var slots = try Matrix(rows: s * images, columns: d)
    compute.mixTokens(x, w, imageCount: images, tokenCount: m, into: &slots)
    var output = try filled(tokens)
    let gain = values(d, seed: 3)
    compute.mixSlots(
      slots, w, imageCount: images, tokenCount: m, gain: vectors(gain), addingTo: &output)
    for image in 0..<images {
      let slotInputs = (0..<s).map { slot in
        (0..<d).map { lane in
          (0..<m).reduce(0.0) {
            $0 + Double(mix[image * m + $1][slot]) * Double(tokens[image * m + $1][lane])
          }
        }
      }
      for slot in 0..<s { #expect(near(slots.row(slot * images + image), slotInputs[slot], 2e-5)) }
      for token in 0..<m {
        let expected = (0..<d).map { lane in
          let mixed = (0..<s).reduce(0.0) { $0 + Double(mix[image * m + token][$1]) * slotInputs[$1][lane] }
          return Double(tokens[image * m + token][lane]) + mixed * Double(gain[lane])
        }
        #expect(near(output.row(image * m + token), expected, 2e-5))
      }
    }
  }
}
