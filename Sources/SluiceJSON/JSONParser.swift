// Recursive descent over contiguous bytes, strict as RFC 8259 writes it. Written by hand because the control socket
// parses every request with it, and because faults need byte offsets; recursion is bounded by the depth limit.

struct JSONParser {
    let depthLimit: Int
    private(set) var position = 0
    private var depth = 0

    init(depthLimit: Int) { self.depthLimit = depthLimit }

    mutating func document(in text: Span<UInt8>) throws(JSONSyntaxError) -> JSONNode {
        if text.count >= 3, text[0] == 0xef, text[1] == 0xbb, text[2] == 0xbf { throw fault(.byteOrderMark, at: 0) }
        skipSpace(in: text)
        let node = try value(in: text, wanted: .value)
        skipSpace(in: text)
        if position < text.count { throw fault(.trailingContent, at: position) }
        return node
    }

    private mutating func value(
        in text: Span<UInt8>, wanted: JSONSyntaxError.Wanted
    ) throws(JSONSyntaxError) -> JSONNode {
        guard position < text.count else { throw fault(.endOfText(wanted: wanted), at: position) }
        let start = position
        let value: JSONNode.Value
        switch text[position] {
        case UInt8(ascii: "\""): value = .string(try string(in: text))
        case UInt8(ascii: "{"): value = .object(try object(in: text))
        case UInt8(ascii: "["): value = .array(try array(in: text))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): value = try number(in: text)
        case UInt8(ascii: "t"):
            try literal("true", in: text, wanted: wanted)
            value = .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", in: text, wanted: wanted)
            value = .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", in: text, wanted: wanted)
            value = .null
        case let other: throw fault(.unexpected(other, wanted: wanted), at: position)
        }
        return JSONNode(value: value, offset: start)
    }

    private mutating func object(in text: Span<UInt8>) throws(JSONSyntaxError) -> [JSONMember] {
        try descend()
        position += 1
        skipSpace(in: text)
        if position < text.count, text[position] == UInt8(ascii: "}") {
            position += 1
            depth -= 1
            return []
        }
        var members: [JSONMember] = []
        var names: Set<String> = []
        var wanted = JSONSyntaxError.Wanted.nameOrEnd
        while true {
            guard position < text.count else { throw fault(.endOfText(wanted: wanted), at: position) }
            guard text[position] == UInt8(ascii: "\"") else {
                throw fault(.unexpected(text[position], wanted: wanted), at: position)
            }
            let nameOffset = position
            let name = try string(in: text)
            guard isNew(name, among: members, and: &names) else {
                throw fault(.duplicateMember(name), at: nameOffset)
            }
            skipSpace(in: text)
            try expect(UInt8(ascii: ":"), in: text, wanted: .colon)
            skipSpace(in: text)
            let node = try value(in: text, wanted: .value)
            members.append(JSONMember(name: name, nameOffset: nameOffset, node: node))
            skipSpace(in: text)
            guard position < text.count else { throw fault(.endOfText(wanted: .commaOrBrace), at: position) }
            if text[position] == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","), in: text, wanted: .commaOrBrace)
            skipSpace(in: text)
            wanted = .name
        }
        position += 1
        depth -= 1
        return members
    }

    private mutating func array(in text: Span<UInt8>) throws(JSONSyntaxError) -> [JSONNode] {
        try descend()
        position += 1
        skipSpace(in: text)
        if position < text.count, text[position] == UInt8(ascii: "]") {
            position += 1
            depth -= 1
            return []
        }
        var elements: [JSONNode] = []
        var wanted = JSONSyntaxError.Wanted.valueOrEnd
        while true {
            elements.append(try value(in: text, wanted: wanted))
            skipSpace(in: text)
            guard position < text.count else { throw fault(.endOfText(wanted: .commaOrBracket), at: position) }
            if text[position] == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","), in: text, wanted: .commaOrBracket)
            skipSpace(in: text)
            wanted = .value
        }
        position += 1
        depth -= 1
        return elements
    }

    /// Comparing with the members so far beats hashing in the small objects that most texts consist of; beyond them a
    /// set keeps the whole linear.
    private func isNew(_ name: String, among members: [JSONMember], and names: inout Set<String>) -> Bool {
        let few = 12
        if members.count < few { return !members.contains { $0.name == name } }
        if names.isEmpty { names = Set(members.map(\.name)) }
        return names.insert(name).inserted
    }

    private mutating func descend() throws(JSONSyntaxError) {
        depth += 1
        if depth > depthLimit { throw fault(.tooDeep(limit: depthLimit), at: position) }
    }

    private mutating func literal(
        _ word: StaticString, in text: Span<UInt8>, wanted: JSONSyntaxError.Wanted
    ) throws(JSONSyntaxError) {
        let start = position
        let matches = word.withUTF8Buffer { letters in
            for letter in letters {
                guard position < text.count, text[position] == letter else { return false }
                position += 1
            }
            return true
        }
        if matches { return }
        // A literal that merely breaks off with the text is reported as such.
        if position == text.count { throw fault(.endOfText(wanted: wanted), at: position) }
        throw fault(.unexpected(text[start], wanted: wanted), at: start)
    }

    private mutating func expect(
        _ byte: UInt8, in text: Span<UInt8>, wanted: JSONSyntaxError.Wanted
    ) throws(JSONSyntaxError) {
        guard position < text.count else { throw fault(.endOfText(wanted: wanted), at: position) }
        guard text[position] == byte else { throw fault(.unexpected(text[position], wanted: wanted), at: position) }
        position += 1
    }

    private mutating func skipSpace(in text: Span<UInt8>) {
        while position < text.count {
            switch text[position] {
            case 0x20, 0x0a, 0x0d, 0x09: position += 1
            default: return
            }
        }
    }

    func fault(_ reason: JSONSyntaxError.Reason, at offset: Int) -> JSONSyntaxError {
        JSONSyntaxError(offset: offset, reason: reason)
    }

    mutating func advance(to offset: Int) { position = offset }
}
