/// Whose turn it is: requests share what they wait for equally, whatever the size of their pieces.
///
/// Weighted fair queueing with equal weights. Virtual time v advances by each piece's cost over the number of
/// requests that wait; a request's next piece is tagged `max(v, its last tag) + cost`, and the smallest tag goes
/// first, equal ones in order of arrival. So a newcomer's small piece goes before the large ones of requests that
/// had their share; nobody starves; and while a request gets t served, each other one gets t and one piece at most.
/// - Source: A. Demers, S. Keshav, S. Shenker, Analysis and simulation of a fair queueing algorithm, SIGCOMM 1989.
struct FairQueue: Sendable {
  private struct Entry: Sendable {
    let id: Int
    let cost, tag: Double
  }

  /// In order of arrival.
  private var entries: [Entry] = []
  private var lastTags: [Int: Double] = [:]
  private var virtualTime = 0.0

  /// Enters a request's next piece; a request has one in the queue at a time.
  mutating func add(_ id: Int, cost: Double) {
    let tag = max(virtualTime, lastTags[id] ?? 0) + cost
    lastTags[id] = tag
    entries.append(Entry(id: id, cost: cost, tag: tag))
  }

  /// Takes the piece whose turn it is.
  ///
  /// - Parameter fits: asked in the order of turns; the first that fits is taken.
  /// - Cost: O(n) for n requests, O(n log n) where the first doesn't fit.
  mutating func next(where fits: (Int) -> Bool = { _ in true }) -> Int? {
    guard let first = entries.indices.min(by: isBefore) else { return nil }
    if fits(entries[first].id) { return take(first) }
    return entries.indices.sorted(by: isBefore).dropFirst().first { fits(entries[$0].id) }.map { take($0) }
  }

  /// A request has no more pieces to come, or its piece is wanted no more.
  mutating func forget(_ id: Int) {
    lastTags[id] = nil
    entries.removeAll { $0.id == id }
  }

  private func isBefore(_ a: Int, _ b: Int) -> Bool {
    entries[a].tag != entries[b].tag ? entries[a].tag < entries[b].tag : a < b
  }

  private mutating func take(_ index: Int) -> Int {
    virtualTime += entries[index].cost / Double(entries.count)
    return entries.remove(at: index).id
  }
}
