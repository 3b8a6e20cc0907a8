import Foundation
import Kernels
import Testing

/// Values in −1…1, the same in every run.
private func values(_ count: Int, seed: Int) -> [Float] {
  (0..<count).map { Float(sin(Double($0 * 37 + seed * 101) * 0.7310585)) }
}

private func rows(_ rows: Int, _ columns: Int, seed: Int) -> [[Float]] {
  let all = values(rows * columns, seed: seed)
  return (0..<rows).map { Array(all[$0 * columns..<($0 + 1) * columns]) }
}

private func filled(_ rows: [[Float]]) -> Matrix {
  var matrix = Matrix(rows: rows.count, columns: rows[0].count)
  for (index, row) in rows.enumerated() { matrix.setRow(index, to: row) }
  return matrix
}

/// A product in Double.
private func naive(_ a: [[Float]], _ b: [Float], columns: Int) -> [[Double]] {
  a.map { row in
    (0..<columns).map { column in
      row.indices.reduce(0) { $0 + Double(row[$1]) * Double(b[$1 * columns + column]) }
    }
  }
}

private func near(_ a: [Float], _ b: [Double], _ tolerance: Double = 1e-5) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
}

@Suite struct KernelTests {
  @Test(arguments: [1, 7, 63, 64, 65], [1, 2, 3])
  func linearEqualsANaiveProduct(_ size: Int, _ threads: Int) {
    let compute = Compute(threadCount: threads, scratchCount: 1 << 16)
    let (k, c, images, rowCount) = (size, size + 3, 2, 5)
    let list = rows(images * rowCount, k, seed: size)
    let input = filled(list)
    let weights = values(k * c, seed: 9)
    let bias = values(c, seed: 4)
    let gain = values(c, seed: 5)
    let layer = Linear(
      weights: WeightStack(values: weights, inputWidth: k, outputWidth: c), bias: WeightVectors(values: bias))
    let products = naive(list, weights, columns: c)

    var output = Matrix(rows: images * rowCount, columns: c)
    compute.linear(input, layer, imageCount: images, rowsPerImage: rowCount, into: &output)
    for row in products.indices {
      #expect(near(output.row(row), zip(products[row], bias).map { $0 + Double($1) }))
    }
    compute.linear(
      input, layer, imageCount: images, rowsPerImage: rowCount,
      .accumulate(gain: WeightVectors(values: gain)),
      into: &output)
    for row in products.indices {
      let linear = zip(products[row], bias).map { $0 + Double($1) }
      #expect(near(output.row(row), zip(linear, gain).map { $0 * (1 + Double($1)) }))
    }
  }

  @Test(arguments: [Activation.geluTanh, .geluErf, .tanh])
  func activationsEqualTheirDefinition(_ activation: Activation) {
    let compute = Compute(threadCount: 1, scratchCount: 1 << 12)
    let inputs = stride(from: Float(-12), through: 12, by: 0.05).map { $0 }
    var input = Matrix(rows: inputs.count, columns: 1)
    for (row, value) in inputs.enumerated() { input.setRow(row, to: [value]) }
    var output = Matrix(rows: inputs.count, columns: 1)
    let identity = Linear(weights: WeightStack(values: [1], inputWidth: 1, outputWidth: 1), bias: nil)
    compute.linear(
      input, identity, imageCount: 1, rowsPerImage: inputs.count, .activate(activation), into: &output)
    for (row, value) in inputs.enumerated() {
      let x = Double(value)
      let expected =
        switch activation {
        case .geluTanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        case .geluErf: 0.5 * x * (1 + erf(x / 2.0.squareRoot()))
        case .tanh: tanh(x)
        }
      #expect(abs(Double(output.row(row)[0]) - expected) < 3e-6, "\(activation) of \(x)")
    }
  }

  @Test(arguments: [1, 5, 8, 9, 31])
  func bothSoftmaxesSumToOneAndMeasureEntropy(_ slots: Int) {
    let compute = Compute(threadCount: 2, scratchCount: 1 << 12)
    let (images, tokens) = (2, 11)
    let list = rows(images * tokens, slots, seed: slots).map { row in row.map { $0 * 20 } }
    var logits = filled(list)
    var dispatch = Matrix(rows: images * tokens, columns: slots)
    var effective = Matrix(rows: images, columns: slots)
    compute.softmaxOverTokens(
      logits, imageCount: images, tokenCount: tokens, into: &dispatch, effectiveTokens: &effective,
      firstRow: 0)
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
      }
    }
  }

  @Test(arguments: [1, 8, 13])
  func layerNormEqualsItsDefinition(_ width: Int) {
    let compute = Compute(threadCount: 1, scratchCount: 0)
    let list = rows(3, width, seed: 2)
    let input = filled(list)
    let scale = values(width, seed: 6)
    let shift = values(width, seed: 7)
    var output = Matrix(rows: 3, columns: width)
    let norm = LayerNorm(
      scale: WeightVectors(values: scale), shift: WeightVectors(values: shift), epsilon: 1e-6)
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

  @Test func roundingToBFloat16IsToNearestEven() {
    let compute = Compute(threadCount: 1, scratchCount: 0)
    var matrix = Matrix(rows: 1, columns: 4)
    matrix.setRow(0, to: [1, Float(bitPattern: 0x3F80_8000), Float(bitPattern: 0x3F81_8000), -0.1])
    compute.roundToBFloat16(rows: 1, inPlace: &matrix)
    #expect(matrix.row(0) == [1, 1, Float(bitPattern: 0x3F82_0000), Float(bitPattern: 0xBDCD_0000)])
  }
}
