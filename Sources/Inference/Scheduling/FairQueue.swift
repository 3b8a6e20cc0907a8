import HeapModule

/// Whose turn it is: requests share what they wait for equally, whatever the size of their pieces.
///
/// Weighted fair queueing with equal weights. Virtual time v advances by each piece's cost over the number of
/// requests that wait; a request's next piece is tagged `max(v, its last tag) + cost`, and the smallest tag goes
/// first, equal ones in order of arrival. So a newcomer's small piece goes before the large ones of requests that
/// had their share; nobody starves; and while a request gets t served, each other one gets t and one piece at most.
/// - Source: A. Demers, S. Keshav, S. Shenker, Analysis and simulation of a fair queueing algorithm, SIGCOMM 1989.
package struct FairQueue: Sendable {
  private struct Entry: Comparable, Sendable {
    let id: Int
    let cost, tag: Double
    /// Of all pieces that ever came.
    let number: Int

    static func < (a: Entry, b: Entry) -> Bool { a.tag != b.tag ? a.tag < b.tag : a.number < b.number }
  }

  /// Pieces that were forgotten stay until their turn, or until they are the most.
  private var entries = Heap<Entry>()
  /// The number of each waiting request's piece.
  private var numbers: [Int: Int] = [:]
  private var lastTags: [Int: Double] = [:]
  private var virtualTime = 0.0
  private var lastNumber = 0

  package init() {}

  /// Enters a request's next piece; a request has one in the queue at a time.
  package mutating func add(_ id: Int, cost: Double) {
    let tag = max(virtualTime, lastTags[id] ?? 0) + cost
    lastNumber += 1
    (lastTags[id], numbers[id]) = (tag, lastNumber)
    entries.insert(Entry(id: id, cost: cost, tag: tag, number: lastNumber))
  }

  /// Takes the piece whose turn it is.
  ///
  /// - Parameter fits: asked in the order of turns; the first that fits is taken.
  /// - Cost: O(log n) for n requests, times the number that don't fit.
  package mutating func next(where fits: (Int) -> Bool = { _ in true }) -> Int? {
    var passed: [Entry] = []
    defer { entries.insert(contentsOf: passed) }
    while let entry = entries.popMin() {
      guard isWaiting(entry) else { continue }
      if fits(entry.id) {
        virtualTime += entry.cost / Double(numbers.count)
        numbers[entry.id] = nil
        return entry.id
      }
      passed.append(entry)
    }
    return nil
  }

  /// A request has no more pieces to come, or its piece is wanted no more.
  package mutating func forget(_ id: Int) {
    (lastTags[id], numbers[id]) = (nil, nil)
    if entries.count > 2 * numbers.count + 64 { entries = Heap(entries.unordered.filter(isWaiting)) }
  }

  private func isWaiting(_ entry: Entry) -> Bool { numbers[entry.id] == entry.number }
}
