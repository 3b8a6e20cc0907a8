/// One image file whose head was read and found within the limits.
protocol RowSource {
  /// The stored image, in pixels.
  var width: Int { get }
  var height: Int { get }
  var coding: ImageHead.Coding { get }
  /// Passes over the pixels that the file is coded in: 1 for all but some JPEGs.
  var scanCount: Int { get }
  /// Bytes of the file that pixels are made of.
  var codedByteCount: Int { get }
  var orientation: Orientation { get }
  /// An upper bound of the bytes that decoding holds, those of the sink left out.
  var decodingByteCount: Int { get }

  /// Hands `sink` the rows it needs, each side divided by `shrinkage`: 1, or for a JPEG 2, 4 or 8.
  func decode(into sink: inout some RowSink & ~Copyable, shrinkage: Int) throws(ImageError)
}
