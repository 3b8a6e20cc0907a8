import Glibc
import SoftMoEViT

/// How many blocks the names count: one more than the largest index after `prefix`.
///
/// An index beyond the number of names is no block's, and its tensor is left over.
func blockCount(in names: some Collection<String>, prefix: String) -> Int {
  names.reduce(0) { count, name in
    guard name.hasPrefix(prefix), let index = Int(name.dropFirst(prefix.count).prefix { $0.isNumber }),
      index < names.count
    else { return count }
    return max(count, index + 1)
  }
}

/// The square root of a square number.
func integerSquareRoot(_ square: Int) -> Int? {
  // So far a Double is exact, and no image has more patches.
  guard (1...1 << 52).contains(square) else { return nil }
  let root = Int(Double(square).squareRoot().rounded())
  return root * root == square ? root : nil
}

/// The image's size: as the option says, or a square of as many patches as there are positions.
func softmoeImageSize(_ options: ImportOptions, patch: Int, patchCount: Int?) throws(ImportError)
  -> (height: Int, width: Int)
{
  if let size = options.imageSize {
    let sides = 1...ModelConfiguration.longestSide
    guard sides.contains(size.height), sides.contains(size.width) else {
      throw .option(
        name: "image",
        problem: "expected sides of at most \(sides.upperBound), found \(size.height)x\(size.width)")
    }
    guard size.height % patch == 0, size.width % patch == 0 else {
      throw .option(
        name: "image", problem: "\(size.height)x\(size.width) is no multiple of the patch size \(patch)")
    }
    let found = (size.height / patch) * (size.width / patch)
    guard patchCount == nil || found == patchCount else {
      throw .option(
        name: "image",
        problem:
          "\(size.height)x\(size.width) has \(found) patches, the position embedding \(patchCount ?? 0)")
    }
    return size
  }
  guard let patchCount, let side = integerSquareRoot(patchCount) else {
    throw .option(name: "image", problem: "the tensors do not tell the image's size; give HEIGHTxWIDTH")
  }
  return (side * patch, side * patch)
}

extension PoolingOption {
  /// The pooling of that name in a model with or without a class token.
  func kind(classToken: Bool) throws(ImportError) -> PoolingKind {
    switch self {
    case .token:
      guard classToken else {
        throw .option(name: "pooling", problem: "'token' needs a class token; there is none")
      }
      return .classToken
    case .map: throw .option(name: "pooling", problem: "'map' needs a MAP head; there is none")
    case .first: return classToken ? .classToken : .firstToken
    case .gap: return .mean
    }
  }
}

/// Positions of a grid of patches, [rows·columns, width]: sin and cos of x·ω, then of y·ω, a quarter of the
/// width each, ω_i = 10000^(−i/(width/4 − 1)).
///
/// - Source: vmoe's sincos2d, after MoCo v3.
func sincos2d(rows: Int, columns: Int, width: Int) -> [Float] {
  let quarter = width / 4
  let frequencies = (0..<quarter).map { exp(-log(10_000) * Double($0) / Double(max(1, quarter - 1))) }
  var table: [Float] = []
  for y in 0..<rows {
    for x in 0..<columns {
      for position in [x, y] {
        table += frequencies.map { Float(sin(Double(position) * $0)) }
        table += frequencies.map { Float(cos(Double(position) * $0)) }
      }
    }
  }
  return table
}
