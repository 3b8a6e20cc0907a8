import KernelInterface

/// The steps of a sparse mixture's routing: every image for itself, so that no other has a part in its answer.
///
/// Axes: b images, m tokens, n experts, d width, C the tokens that an expert takes of an image at most.
/// - Source: arXiv 2106.05974 (Tokens Choice, batch priority), arXiv 2202.09368 (Experts Choice).
extension Compute {
  /// Tokens Choice: a token goes to the K experts of its largest gates, if they have room.
  ///
  /// All first choices claim places before any second choice, and tokens of one rank in the order of their
  /// positions or, by priority, of their largest gate. Of equal gates the expert or token with the lower number
  /// comes first. Who finds no room contributes nothing.
  /// - Parameters:
  ///   - gates: [b·m, n], a softmax over the experts; the gates of pairs that do not meet become 0.
  ///   - isRenormalized: whether a token's K gates are divided by their sum, before any is dropped.
  ///   - dispatchWeights: [b·m, n], becomes 1 for pairs that meet, 0 for the others.
  package func chooseExperts(
    _ gates: inout Matrix, imageCount: Int, selected K: Int, capacity: Int, byPriority: Bool,
    isRenormalized: Bool,
    into dispatchWeights: inout Matrix, _ rows: ExpertRows
  ) {
    requireRouting(gates, dispatchWeights, imageCount: imageCount, rows)
    require((1...rows.expertCount).contains(K), "\(K) of \(rows.expertCount) experts")
    run(
      TokensChoiceWork(
        rows: rows, selected: K, capacity: capacity, byPriority: byPriority, isRenormalized: isRenormalized,
        gates: gates.base, dispatch: dispatchWeights.base), jobs: imageCount)
    rows.layOut(imageCount: imageCount)
  }

  /// Experts Choice: an expert takes the C tokens of its largest gates.
  ///
  /// Of equal gates the token with the lower number comes first.
  /// - Parameters:
  ///   - gates: [b·m, n], a softmax over the experts; the gates of pairs that do not meet become 0.
  ///   - dispatchWeights: [b·m, n], becomes 1 for pairs that meet, 0 for the others.
  package func chooseTokens(
    _ gates: inout Matrix, imageCount: Int, capacity: Int, into dispatchWeights: inout Matrix,
    _ rows: ExpertRows
  ) {
    requireRouting(gates, dispatchWeights, imageCount: imageCount, rows)
    run(
      ExpertsChoiceWork(rows: rows, capacity: capacity, gates: gates.base, dispatch: dispatchWeights.base),
      jobs: imageCount * rows.expertCount)
    rows.layOut(imageCount: imageCount)
  }

  /// Copies each token to the rows of the experts that work on it; those of one expert lie together.
  ///
  /// - Parameters:
  ///   - tokens: [b·m, d].
  ///   - expertInputs: [rows, d], overwritten.
  package func gather(
    _ tokens: borrowing Matrix, imageCount: Int, _ rows: ExpertRows, into expertInputs: inout Matrix
  ) {
    let (d, count) = (tokens.columnCount, imageCount * rows.tokenCount)
    require(
      expertInputs.columnCount == d && expertInputs.rowCount >= rows.rowCount(imageCount: imageCount)
        && tokens.rowCount >= count && imageCount <= rows.maxImageCount, "experts' rows are [rows, \(d)]")
    let blocks = rowBlocks(rows: count, columns: d)
    run(
      GatherWork(
        rows: rows, imageCount: imageCount, blocks: blocks, width: d, x: tokens.base, y: expertInputs.base),
      jobs: blocks.count)
  }

  /// `output[t] += gain · Σ_e gates[t, e] · expertOutputs[row of t among e's]`, in the order of the experts.
  ///
  /// - Parameters:
  ///   - expertOutputs: [rows, d].
  ///   - gates: [b·m, n].
  ///   - output: [b·m, d].
  package func scatter(
    _ expertOutputs: borrowing Matrix, _ gates: borrowing Matrix, imageCount: Int, _ rows: ExpertRows,
    gain: WeightVectors?, addingTo output: inout Matrix
  ) {
    let (d, count) = (output.columnCount, imageCount * rows.tokenCount)
    require(
      expertOutputs.columnCount == d && expertOutputs.rowCount >= rows.rowCount(imageCount: imageCount)
        && output.rowCount >= count && gates.rowCount >= count && gates.columnCount == rows.expertCount
        && imageCount <= rows.maxImageCount, "experts' rows are [rows, \(d)]")
    if let gain { require(gain.width == d, "a gain is [\(d)]") }
    let blocks = rowBlocks(rows: count, columns: d)
    run(
      ScatterWork(
        loops: loops, rows: rows, imageCount: imageCount, blocks: blocks, width: d, x: expertOutputs.base,
        gates: gates.base, gain: gain?.base, y: output.base), jobs: blocks.count)
  }

  /// What a router's choice was, for each image: row `firstRow + image` of each matrix is overwritten.
  ///
  /// - Parameters:
  ///   - gateShare: [·, n], each expert's share of the gates of all pairs that meet; an image's sum to 1.
  ///   - tokensTaken: [·, n], how many tokens each expert works on.
  ///   - largestGate: [·, n].
  ///   - tokenContribution: [·, m], how many experts work on each token, over the mean token's.
  ///   - demand: [·, n], how many tokens chose each expert, those for whom it had no room too.
  ///   - firstChoices: [·, n], how many of those that it took have it as their first choice.
  package func summarize(
    _ gates: borrowing Matrix, imageCount: Int, _ rows: ExpertRows, gateShare: inout Matrix,
    tokensTaken: inout Matrix, largestGate: inout Matrix, tokenContribution: inout Matrix,
    demand: inout Matrix, firstChoices: inout Matrix, firstRow: Int
  ) {
    let (m, n) = (rows.tokenCount, rows.expertCount)
    require(gates.columnCount == n && gates.rowCount >= imageCount * m, "gates are [b·m, \(n)]")
    require(
      gateShare.columnCount == n && tokensTaken.columnCount == n && largestGate.columnCount == n
        && demand.columnCount == n && firstChoices.columnCount == n && tokenContribution.columnCount == m
        && min(gateShare.rowCount, tokensTaken.rowCount, largestGate.rowCount) >= firstRow + imageCount
        && min(tokenContribution.rowCount, demand.rowCount, firstChoices.rowCount) >= firstRow + imageCount,
      "summaries are [b, \(n)]")
    run(
      SummaryWork(
        rows: rows, gates: gates.base, share: gateShare.base + firstRow * n,
        taken: tokensTaken.base + firstRow * n, largest: largestGate.base + firstRow * n,
        contribution: tokenContribution.base + firstRow * m, demand: demand.base + firstRow * n,
        first: firstChoices.base + firstRow * n), jobs: imageCount)
  }

  /// Floats of scratch a thread that choosing and scattering need.
  package static func sparseScratch(tokenCount: Int, selected: Int, width: Int) -> Int {
    max(TokensChoiceWork.scratchCount(tokenCount, selected), ScatterWork.scratchCount(width))
  }

  private func requireRouting(
    _ gates: borrowing Matrix, _ dispatchWeights: borrowing Matrix, imageCount: Int, _ rows: ExpertRows
  ) {
    let n = rows.expertCount
    require(
      gates.columnCount == n && dispatchWeights.columnCount == n
        && min(gates.rowCount, dispatchWeights.rowCount) >= imageCount * rows.tokenCount
        && (1...rows.maxImageCount).contains(imageCount), "gates are [b·m, \(n)]")
  }
}

/// The choices of one image's tokens.
private struct TokensChoiceWork: ParallelWork {
  let rows: ExpertRows
  let selected, capacity: Int
  let byPriority, isRenormalized: Bool
  let gates, dispatch: UnsafeMutablePointer<Float>

  /// Each token's choices, the tokens in order, and room to sort them.
  static func scratchCount(_ m: Int, _ selected: Int) -> Int { m * (selected + 2) }

  func run(job image: Int, _ scratch: Scratch) {
    let (m, n, K) = (rows.tokenCount, rows.expertCount, selected)
    require(scratch.count >= Self.scratchCount(m, K), "scratch for \(m) tokens")
    let first = image * m * n
    let (gates, dispatch, places) = (gates + first, dispatch + first, rows.places + first)
    let (counts, demands) = (rows.counts + image * n, rows.demands + image * n)
    let firstChoices = rows.firstChoices + image * n
    let choices = scratch.integers
    let order = choices + m * K
    places.update(repeating: -1, count: m * n)
    dispatch.update(repeating: 0, count: m * n)
    counts.update(repeating: 0, count: n)
    demands.update(repeating: 0, count: n)
    firstChoices.update(repeating: 0, count: n)
    for token in 0..<m {
      order[token] = Int32(truncatingIfNeeded: token)
      choose(gates + token * n, dispatch + token * n, into: choices + token * K)
    }
    if byPriority {
      sort(order, count: m, scratch: order + m) { gates[Int($0) * n + Int(choices[Int($0) * K])] }
    }
    for rank in 0..<K {
      for token in UnsafeBufferPointer(start: order, count: m) {
        let expert = Int(choices[Int(token) * K + rank])
        demands[expert] += 1
        guard Int(counts[expert]) < capacity else { continue }
        places[Int(token) * n + expert] = counts[expert]
        counts[expert] += 1
        if rank == 0 { firstChoices[expert] += 1 }
      }
    }
    for token in 0..<m {
      let (gates, first) = (gates + token * n, token * n)
      var sum: Float = isRenormalized ? 0 : 1
      if isRenormalized { for rank in 0..<K { sum += gates[Int(choices[token * K + rank])] } }
      for expert in 0..<n {
        let isTaken = places[first + expert] >= 0
        dispatch[first + expert] = isTaken ? 1 : 0
        gates[expert] = isTaken ? gates[expert] / sum : 0
      }
    }
  }

  /// The K largest gates of a token, the largest first; with `taken` 1 for each of them.
  private func choose(
    _ gates: UnsafePointer<Float>, _ taken: UnsafeMutablePointer<Float>,
    into choices: UnsafeMutablePointer<Int32>
  ) {
    for rank in 0..<selected {
      // Whatever the numbers, NaN too, an expert is chosen that was not.
      var best = -1
      for expert in 0..<rows.expertCount
      where taken[expert] == 0 && (best < 0 || gates[expert] > gates[best]) { best = expert }
      taken[best] = 1
      choices[rank] = Int32(truncatingIfNeeded: best)
    }
  }
}

/// The tokens of one expert in one image.
private struct ExpertsChoiceWork: ParallelWork {
  let rows: ExpertRows
  let capacity: Int
  let gates, dispatch: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let (m, n) = (rows.tokenCount, rows.expertCount)
    require(scratch.count >= 2 * m, "scratch for \(m) tokens")
    let (image, expert) = job.quotientAndRemainder(dividingBy: n)
    let first = image * m * n + expert
    let (gates, dispatch, places) = (gates + first, dispatch + first, rows.places + first)
    let order = scratch.integers
    for token in 0..<m { order[token] = Int32(truncatingIfNeeded: token) }
    sort(order, count: m, scratch: order + m) { gates[Int($0) * n] }
    for place in 0..<m {
      let pair = Int(order[place]) * n
      let isTaken = place < capacity
      places[pair] = isTaken ? Int32(truncatingIfNeeded: place) : -1
      dispatch[pair] = isTaken ? 1 : 0
      if !isTaken { gates[pair] = 0 }
    }
    let taken = Int32(truncatingIfNeeded: min(m, capacity))
    let place = image * n + expert
    (rows.counts[place], rows.demands[place], rows.firstChoices[place]) = (taken, taken, taken)
  }
}

/// Sorts numbers by their keys, the largest first, equal ones as they stood: a merge from small runs to large ones.
private func sort(
  _ values: UnsafeMutablePointer<Int32>, count: Int, scratch: UnsafeMutablePointer<Int32>,
  by key: (Int32) -> Float
) {
  var (source, target) = (values, scratch)
  var width = 1
  while width < count {
    for start in stride(from: 0, to: count, by: 2 * width) {
      let (middle, end) = (min(start + width, count), min(start + 2 * width, count))
      var (left, right) = (start, middle)
      for place in start..<end {
        // A NaN is larger than nothing, so whatever the keys are, each number is taken once.
        if right < end && (left == middle || key(source[right]) > key(source[left])) {
          target[place] = source[right]
          right += 1
        } else {
          target[place] = source[left]
          left += 1
        }
      }
    }
    (source, target) = (target, source)
    width *= 2
  }
  if source != values { values.update(from: source, count: count) }
}

private struct GatherWork: ParallelWork {
  let rows: ExpertRows
  let imageCount: Int
  let blocks: RowBlocks
  let width: Int
  let x: UnsafePointer<Float>
  let y: UnsafeMutablePointer<Float>

  func run(job: Int, _ scratch: Scratch) {
    let n = rows.expertCount
    for token in blocks.range(job) {
      let image = token / rows.tokenCount
      for expert in 0..<n where rows.places[token * n + expert] >= 0 {
        let row = rows.firstRows[expert * imageCount + image] + rows.places[token * n + expert]
        (y + Int(row) * width).update(from: x + token * width, count: width)
      }
    }
  }
}

private struct ScatterWork: ParallelWork {
  let loops: any VectorKernels
  let rows: ExpertRows
  let imageCount: Int
  let blocks: RowBlocks
  let width: Int
  let x: UnsafePointer<Float>
  let gates: UnsafePointer<Float>
  let gain: UnsafePointer<Float>?
  let y: UnsafeMutablePointer<Float>

  /// Whole vectors of a token's sum.
  static func scratchCount(_ width: Int) -> Int { panelCount(width) * panelWidth }

  func run(job: Int, _ scratch: Scratch) {
    let padded = Self.scratchCount(width)
    require(scratch.count >= padded, "scratch for a token")
    let (n, sum) = (rows.expertCount, scratch.base)
    for token in blocks.range(job) {
      let image = token / rows.tokenCount
      sum.update(repeating: 0, count: padded)
      for expert in 0..<n where rows.places[token * n + expert] >= 0 {
        let row = rows.firstRows[expert * imageCount + image] + rows.places[token * n + expert]
        loops.addScaled(x + Int(row) * width, count: width, by: gates[token * n + expert], to: sum)
      }
      loops.finishBlock(
        sum, rows: 1, stride: width, columns: 0..<width, finish: Finish(.accumulate, gain: gain),
        target: Target(base: y + token * width, stride: width))
    }
  }
}

/// The summary of one image.
private struct SummaryWork: ParallelWork {
  let rows: ExpertRows
  let gates: UnsafePointer<Float>
  let share, taken, largest, contribution, demand, first: UnsafeMutablePointer<Float>

  func run(job image: Int, _ scratch: Scratch) {
    let (m, n) = (rows.tokenCount, rows.expertCount)
    let (gates, places) = (gates + image * m * n, rows.places + image * m * n)
    let (share, largest, contribution) = (share + image * n, largest + image * n, contribution + image * m)
    share.update(repeating: 0, count: n)
    largest.update(repeating: 0, count: n)
    for token in 0..<m {
      var met: Float = 0
      for expert in 0..<n where places[token * n + expert] >= 0 {
        let gate = gates[token * n + expert]
        share[expert] += gate
        largest[expert] = gate > largest[expert] ? gate : largest[expert]
        met += 1
      }
      contribution[token] = met
    }
    var (sum, pairs): (Float, Float) = (0, 0)
    for expert in 0..<n {
      let place = image * n + expert
      sum += share[expert]
      pairs += Float(rows.counts[place])
      taken[place] = Float(rows.counts[place])
      demand[place] = Float(rows.demands[place])
      first[place] = Float(rows.firstChoices[place])
    }
    for expert in 0..<n { share[expert] /= sum }
    for token in 0..<m { contribution[token] *= Float(m) / pairs }
  }
}
