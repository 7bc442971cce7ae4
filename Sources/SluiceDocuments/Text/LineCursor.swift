// Words of a text with their places, for the formats that are neither JSON nor XML.

import SluiceJSON

/// One word: what stands between white space, or a parenthesis by itself where the format treats it so.
struct Word {
    let text: String
    let position: TextPosition
}

enum Words {
    /// Lines of words, empty lines left out. `#` begins a comment where `hasComments`; `(` and `)` are words of their own
    /// where `splitsParentheses`.
    static func lines(of text: String, hasComments: Bool, splitsParentheses: Bool) -> [[Word]] {
        var lines: [[Word]] = []
        var words: [Word] = []
        var current = String.UnicodeScalarView()
        var start = 1
        var line = 1
        var column = 1
        var isComment = false
        func flush() {
            if !current.isEmpty {
                words.append(Word(text: String(current), position: TextPosition(line: line, column: start)))
                current = String.UnicodeScalarView()
            }
        }
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n":
                flush()
                if !words.isEmpty { lines.append(words) }
                words = []
                line += 1
                column = 0
                isComment = false
            case _ where isComment: break
            case " ", "\t", "\r": flush()
            case "#" where hasComments && current.isEmpty:
                isComment = true
            case "(" where splitsParentheses, ")" where splitsParentheses:
                flush()
                words.append(Word(text: String(scalar), position: TextPosition(line: line, column: column)))
            default:
                if current.isEmpty { start = column }
                current.append(scalar)
            }
            column += 1
        }
        flush()
        if !words.isEmpty { lines.append(words) }
        return lines
    }
}
