/// What a decoder hands its rows to, top to bottom.
package protocol RowSink: ~Copyable {
  /// The rows of the stored image that are needed; others need neither decoding nor handing over.
  var rows: Range<Int> { get }
  /// The columns of the stored image that are needed.
  var columns: Range<Int> { get }

  /// Says which columns each row will hold; they include `columns`. Called once, before any row.
  mutating func begin(columns: Range<Int>)

  /// Where to write the next row: 4 bytes a pixel, red, green, blue and one that does not matter.
  /// Valid until the next call.
  mutating func destination(row: Int) -> UnsafeMutablePointer<UInt8>

  /// Takes the row written to its destination.
  mutating func commit(row: Int)
}
