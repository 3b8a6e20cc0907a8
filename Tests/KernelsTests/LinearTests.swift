import Checkpoint
import Kernels
import Testing

@Suite struct LinearTests {
  @Test(arguments: KernelSet.all, [1, 2, 3, 5, 7, 15, 16, 17, 63, 64, 65, 131])
  func linearEqualsANaiveProduct(_ kernels: KernelSet, _ size: Int) throws {
    for type in ElementType.allCases {
      for (threads, images, rowCount) in [(1, 1, 1), (2, 2, 5), (3, 1, 29), (2, 4, 13)] {
        let compute = try Compute(threads: threads, kernels)
        let (k, c) = (size, size + 3)
        let list = rows(images * rowCount, k, seed: size)
        let input = try filled(list)
        let matrix = values(k * c, seed: 9)
        let (bias, gain) = (values(c, seed: 4), values(c, seed: 5))
        let layer = Linear(weights: weights([matrix], k: k, c: c, type: type), bias: vectors(bias))
        let products = naive(list, stored(matrix, k: k, c: c, type: type), columns: c)

        var output = try Matrix(rows: images * rowCount, columns: c)
        compute.linear(input, layer, imageCount: images, rowsPerImage: rowCount, into: &output)
        for row in products.indices {
          let expected = zip(products[row], bias).map { $0 + Double($1) }
          #expect(near(output.row(row), expected, 2e-5), "\(type) \(threads) \(images)×\(rowCount)")
        }
        compute.linear(
          input, layer, imageCount: images, rowsPerImage: rowCount, .accumulate(gain: vectors(gain)),
          into: &output)
        for row in products.indices {
          let linear = zip(products[row], bias).map { $0 + Double($1) }
          #expect(near(output.row(row), zip(linear, gain).map { $0 * (1 + Double($1)) }, 2e-5))
        }
      }
    }
  }

  /// A class token's row before each image's patches stays as it is.
  @Test(arguments: KernelSet.all) func leadingRowsAreLeftAlone(_ kernels: KernelSet) throws {
    let (k, c, images, rowCount) = (6, 20, 3, 4)
    let list = rows(images * rowCount, k, seed: 1)
    let matrix = values(k * c, seed: 2)
    let products = naive(list, matrix.map(Double.init), columns: c)
    let input = try filled(list)
    var output = try filled((0..<images * (rowCount + 1)).map { _ in Array(repeating: 7, count: c) })
    try Compute(threads: 2, kernels).linear(
      input, Linear(weights: weights([matrix], k: k, c: c), bias: nil), imageCount: images,
      rowsPerImage: rowCount, leadingRows: 1, into: &output)
    for image in 0..<images {
      #expect(output.row(image * (rowCount + 1)).allSatisfy { $0 == 7 })
      for row in 0..<rowCount {
        #expect(near(output.row(image * (rowCount + 1) + 1 + row), products[image * rowCount + row]))
      }
    }
  }

  @Test(arguments: KernelSet.all) func everyFiniteFloat16IsWidenedExactly(_ kernels: KernelSet) throws {
    let halves = (UInt16.min...UInt16.max).map { Float16(bitPattern: $0) }.filter(\.isFinite).map(Float.init)
    let input = try filled([[1]])
    var output = try Matrix(rows: 1, columns: halves.count)
    try Compute(threads: 1, kernels).linear(
      input, Linear(weights: weights([halves], k: 1, c: halves.count, type: .f16), bias: nil), imageCount: 1,
      rowsPerImage: 1, into: &output)
    #expect(output.row(0) == halves)
  }

  /// An integer is off by half a scale at most, and a product by the sum of |input| times that.
  @Test(arguments: KernelSet.all) func int8IsWithinItsWorstCase(_ kernels: KernelSet) throws {
    let (k, c) = (96, 33)
    let matrix = values(k * c, seed: 3)
    let list = rows(5, k, seed: 8)
    let exact = naive(list, matrix.map(Double.init), columns: c)
    let input = try filled(list)
    var output = try Matrix(rows: 5, columns: c)
    try Compute(threads: 1, kernels).linear(
      input, Linear(weights: weights([matrix], k: k, c: c, type: .int8), bias: nil), imageCount: 1,
      rowsPerImage: 5, into: &output)
    for (row, list) in list.enumerated() {
      let magnitude = list.reduce(0) { $0 + Double(abs($1)) }
      for column in 0..<c {
        let largest = (0..<k).map { abs(Double(matrix[$0 * c + column])) }.max() ?? 0
        let bound = magnitude * (largest / 127 / 2) * 1.0001 + 1e-5
        #expect(abs(Double(output.row(row)[column]) - exact[row][column]) <= bound)
      }
    }
  }

  @Test(
    arguments: KernelSet.all,
    [(1, 40, 3, false), (5, 1, 2, false), (64, 3, 4, false), (5, 1, 2, true), (3, 40, 3, true)])
  func expertsEqualTheirMLPs(
    _ kernels: KernelSet, _ sizes: (experts: Int, rows: Int, threads: Int, isGated: Bool)
  ) throws {
    let (n, r, d, h) = (sizes.experts, sizes.rows, 20, 37)
    let list = rows(n * r, d, seed: 1)
    let up = (0..<n).map { values(d * h, seed: 10 + $0) }
    let down = (0..<n).map { values(h * d, seed: 90 + $0) }
    let gate = (0..<n).map { values(d * h, seed: 50 + $0) }
    let (upBias, downBias) = (values(n * h, seed: 5), values(n * d, seed: 6))
    let gateBias = values(n * h, seed: 9)
    let input = try filled(list)
    var output = try Matrix(rows: n * r, columns: d)
    try Compute(threads: sizes.threads, kernels).experts(
      input,
      MLPWeights(
        gate: sizes.isGated
          ? Linear(weights: weights(gate, k: d, c: h), bias: vectors(gateBias, count: n)) : nil,
        up: Linear(weights: weights(up, k: d, c: h), bias: vectors(upBias, count: n)),
        down: Linear(weights: weights(down, k: h, c: d), bias: vectors(downBias, count: n)), activation: .tanh
      ),
      rowsPerExpert: r, into: &output)
    for expert in 0..<n {
      let own = Array(list[expert * r..<(expert + 1) * r])
      func sums(_ matrix: [Float], _ bias: [Float]) -> [[Double]] {
        naive(own, matrix.map(Double.init), columns: h).map { row in
          row.indices.map { row[$0] + Double(bias[expert * h + $0]) }
        }
      }
      let values = sums(up[expert], upBias)
      let hidden =
        sizes.isGated
        ? zip(sums(gate[expert], gateBias), values).map { zip($0, $1).map { Float(tanhOf($0) * $1) } }
        : values.map { $0.map { Float(tanhOf($0)) } }
      for (row, products) in naive(hidden, down[expert].map(Double.init), columns: d).enumerated() {
        let expected = products.indices.map { products[$0] + Double(downBias[expert * d + $0]) }
        #expect(near(output.row(expert * r + row), expected, 3e-5))
      }
    }
  }

  /// An expert that is the second product alone reads rows of another width than it writes.
  @Test(arguments: KernelSet.all, [(1, 200, 3), (5, 1, 2), (64, 3, 4)])
  func expertsOfOneProductEqualIt(_ kernels: KernelSet, _ sizes: (experts: Int, rows: Int, threads: Int))
    throws
  {
    let (n, r, d, h) = (sizes.experts, sizes.rows, 20, 37)
    let list = rows(n * r, h, seed: 1)
    let down = (0..<n).map { values(h * d, seed: 90 + $0) }
    let bias = values(n * d, seed: 6)
    var output = try Matrix(rows: n * r, columns: d)
    try Compute(threads: sizes.threads, kernels).experts(
      filled(list),
      MLPWeights(
        up: nil, down: Linear(weights: weights(down, k: h, c: d), bias: vectors(bias, count: n)),
        activation: .tanh),
      rowsPerExpert: r, into: &output)
    for expert in 0..<n {
      let own = Array(list[expert * r..<(expert + 1) * r])
      for (row, products) in naive(own, down[expert].map(Double.init), columns: d).enumerated() {
        let expected = products.indices.map { products[$0] + Double(bias[expert * d + $0]) }
        #expect(near(output.row(expert * r + row), expected, 3e-5))
      }
    }
  }

  @Test(arguments: KernelSet.all, [1, 13, 300])
  func aDenseMLPAddsToItsOutput(_ kernels: KernelSet, _ count: Int) throws {
    let (d, h) = (20, 37)
    let list = rows(count, d, seed: 1)
    let (up, down) = (values(d * h, seed: 10), values(h * d, seed: 90))
    let (upBias, downBias, gain) = (values(h, seed: 5), values(d, seed: 6), values(d, seed: 7))
    let input = try filled(list)
    for threads in [1, 3] {
      var output = try filled(list)
      try Compute(threads: threads, kernels).mlp(
        input,
        MLPWeights(
          up: Linear(weights: weights([up], k: d, c: h), bias: vectors(upBias)),
          down: Linear(weights: weights([down], k: h, c: d), bias: vectors(downBias)), activation: .tanh),
        rows: count, .accumulate(gain: vectors(gain)), into: &output)
      let hidden = naive(list, up.map(Double.init), columns: h).map { row in
        row.indices.map { Float(tanhOf(row[$0] + Double(upBias[$0]))) }
      }
      for (row, products) in naive(hidden, down.map(Double.init), columns: d).enumerated() {
        let expected = products.indices.map {
          Double(list[row][$0]) + Double(gain[$0]) * (products[$0] + Double(downBias[$0]))
        }
        #expect(near(output.row(row), expected, 3e-5))
      }
    }
  }
}

extension KernelSet: CustomTestStringConvertible {
  /// The set's own name, in the list of cases.
  public var testDescription: String { name }
}
