/// Bytes to floats: `(byte / 255 − mean) / std` for each channel, in float32, from a table of 256 a channel.
struct Normalisation: Sendable {
  /// [3][256]
  private let tables: [[Float]]

  /// - Precondition: `preprocessing` is valid.
  init(_ preprocessing: Preprocessing) {
    tables = zip(preprocessing.mean, preprocessing.std).map { mean, std in
      (0...255).map { (Float($0) / 255 - mean) / std }
    }
  }

  /// - Parameter pixels: [count / 3, 3]
  func apply(to pixels: [UInt8]) -> [Float] {
    let (red, green, blue) = (tables[0], tables[1], tables[2])
    return [Float](unsafeUninitializedCapacity: pixels.count) { values, count in
      for index in stride(from: 0, to: pixels.count - pixels.count % 3, by: 3) {
        values.initializeElement(at: index, to: red[Int(pixels[index])])
        values.initializeElement(at: index + 1, to: green[Int(pixels[index + 1])])
        values.initializeElement(at: index + 2, to: blue[Int(pixels[index + 2])])
      }
      count = pixels.count
    }
  }
}

extension Preprocessing {
  /// The photo that a tensor was made of: `byte = (value · std + mean) · 255`, rounded.
  ///
  /// - Parameter tensor: [H, W, 3] as `ImageDecoder` gives it; other values are clipped, NaN to 0.
  package func image(of tensor: [Float]) -> RGBImage {
    let pixels = tensor.enumerated().map { index, value in
      let byte = ((value * std[index % 3] + mean[index % 3]) * 255).rounded()
      // NaN fails the first comparison.
      return byte > 0 ? UInt8(min(byte, 255)) : 0
    }
    return RGBImage(width: cropWidth, height: cropHeight, pixels: pixels)
  }
}
