/// Rows under a header, indented; columns as wide as their widest cell, those that hold numbers alone aligned
/// right.
///
/// - Parameters:
///   - header: the columns' names.
///   - rows: as many cells each.
/// - Returns: lines with an end each.
package func table(_ header: [String], _ rows: [[String]]) -> String {
  let all = [header] + rows
  let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
  let isNumber = header.indices.map { column in
    rows.allSatisfy { isNumeric($0[column]) }
  }
  return all.map { row in
    let cells = row.indices.map { column in
      let space = String(repeating: " ", count: widths[column] - row[column].count)
      return isNumber[column] ? space + row[column] : row[column] + space
    }
    var line = "  " + cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }.joined()
}

/// Whether a cell is empty or begins as a number does.
private func isNumeric(_ cell: String) -> Bool {
  (cell.hasPrefix("-") ? cell.dropFirst() : cell[...]).first?.isNumber ?? true
}
