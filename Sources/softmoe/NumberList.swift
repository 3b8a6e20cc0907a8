import ArgumentParser

/// Numbers with commas between them.
/// - Throws: `ValidationError`, naming the option, when one is no number or out of range, or there is none.
func numbers<Number: LosslessStringConvertible & Comparable>(
  _ text: String, in range: ClosedRange<Number>, option: String
) throws -> [Number] {
  let found = text.split(separator: ",", omittingEmptySubsequences: false).map { Number(String($0)) }
  let numbers = found.compactMap(\.self).filter(range.contains)
  guard !found.isEmpty, numbers.count == found.count else {
    throw ValidationError(
      "\(option): expected numbers from \(range.lowerBound) to \(range.upperBound) with commas, found '\(text)'"
    )
  }
  return numbers
}
