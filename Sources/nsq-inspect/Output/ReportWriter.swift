import Glibc

/// Writes rows of named values in the form that was asked for.
struct ReportWriter {
    private let columns: [String]
    private let format: OutputFormat
    private let isColored: Bool
    private let isStreamed: Bool
    private var rows: [[Cell]] = []
    private var count = 0

    /// Longest run of rows whose columns are aligned: a longer report is written as it comes.
    private static let alignedRows = 1000

    /// Begins a report with `columns`.
    ///
    /// `isStreamed`: whether each row goes out at once, aligned or not.
    init(_ columns: [String], _ options: OutputOptions, isStreamed: Bool = false) {
        self.columns = columns
        self.isStreamed = isStreamed
        format = options.output
        isColored =
            options.color ?? (StandardOutput.isTerminal && getenv("NO_COLOR") == nil)
        switch format {
        case .csv: StandardOutput.write(columns.joined(separator: ",") + "\r\n")
        case .json: StandardOutput.write("[")
        case .table, .ndjson: break
        }
    }

    /// Adds a row, a cell a column.
    mutating func row(_ cells: [Cell]) {
        switch format {
        case .table:
            rows.append(cells)
            if rows.count == (isStreamed ? 1 : Self.alignedRows) { writeTable() }
        case .csv:
            StandardOutput.write(cells.map(\.csv).joined(separator: ",") + "\r\n")
        case .ndjson:
            StandardOutput.write(object(cells) + "\n")
        case .json:
            StandardOutput.write((count == 0 ? "\n" : ",\n") + object(cells))
        }
        count += 1
        if isStreamed { StandardOutput.flush() }
    }

    /// Ends the report.
    mutating func end() {
        switch format {
        case .table: writeTable()
        case .json: StandardOutput.write(count == 0 ? "]\n" : "\n]\n")
        case .csv, .ndjson: break
        }
        StandardOutput.flush()
    }

    private func object(_ cells: [Cell]) -> String {
        let members = zip(columns, cells).map { "\(JSONText.quoted($0)):\($1.json)" }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func writeTable() {
        let isFirst = count < Self.alignedRows || isStreamed && count == 0
        var lines = rows.map { $0.map { ($0.human, $0.isFigure) } }
        if isFirst {
            // An empty cell does not tell what its column holds.
            let figures = columns.indices.map { at in rows.contains { $0[at].isFigure } }
            for row in lines.indices {
                for at in figures.indices where figures[at] { lines[row][at].1 = true }
            }
            // A person reads the unit with each value.
            let titles = columns.map {
                ($0.hasSuffix("_ms") ? String($0.dropLast(3)) : $0).replacing("_", with: " ")
                    .uppercased()
            }
            lines.insert(
                titles.enumerated().map { ($1, figures.count > $0 && figures[$0]) },
                at: 0
            )
        }
        var widths = columns.map { _ in 0 }
        for line in lines {
            for (at, cell) in line.enumerated() { widths[at] = max(widths[at], cell.0.count) }
        }
        for (number, line) in lines.enumerated() {
            let text = zip(line, widths).map { cell, width in
                let space = String(repeating: " ", count: width - cell.0.count)
                return cell.1 ? space + cell.0 : cell.0 + space
            }.joined(separator: "  ").trimmingTrailingSpaces
            let isTitle = isFirst && number == 0
            StandardOutput.write(isTitle && isColored ? "\u{1b}[1m\(text)\u{1b}[0m\n" : text + "\n")
        }
        rows.removeAll()
    }
}

extension String {
    /// The text without the spaces at its end.
    var trimmingTrailingSpaces: String {
        String(self[..<(lastIndex { $0 != " " }.map(index(after:)) ?? startIndex)])
    }
}
