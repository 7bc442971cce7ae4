// A manual page's mdoc(7) source, as its sections.

struct ManualPage {
    /// The lines of each section and subsection by its title; those of a subsection count for its section too.
    private var sections: [String: [String]] = [:]
    let lines: [String]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var section = ""
        var subsection: String?
        for line in lines {
            if line.hasPrefix(".Sh ") {
                section = String(line.dropFirst(4))
                subsection = nil
            } else if line.hasPrefix(".Ss ") {
                subsection = String(line.dropFirst(4))
            }
            sections[section, default: []].append(line)
            if let subsection { sections[subsection, default: []].append(line) }
        }
    }

    func section(_ title: String) -> [String]? { sections[title] }

    /// Whether a line has `macro` with `argument` among its arguments, as `.It Fl -socket Ar path` has Fl with -socket.
    static func uses(_ lines: [String], _ macro: String, _ argument: String) -> Bool {
        lines.contains { line in
            guard line.hasPrefix(".") else { return false }
            let words = line.dropFirst().split(separator: " ")
            guard let start = words.firstIndex(where: { $0 == macro }) else { return false }
            return words[start...].contains { $0 == argument }
        }
    }

    func uses(_ macro: String, _ argument: String) -> Bool { Self.uses(lines, macro, argument) }
}
