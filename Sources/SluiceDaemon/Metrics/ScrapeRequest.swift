// The little of HTTP/1.1 (RFC 9112) that a scrape needs: one GET a connection, its head read and otherwise ignored. A
// value: bytes in, an answer out, no I/O.

package struct ScrapeRequest: Sendable {
    package enum Outcome: Equatable, Sendable {
        case incomplete
        case metrics(isHead: Bool)
        case refused(status: String)
    }

    /// Most bytes of the request line and the header fields together.
    package static let headLimit = 8 << 10

    private var head: [UInt8] = []

    package init() {}

    package mutating func receive(_ bytes: some Sequence<UInt8>) -> Outcome {
        head.append(contentsOf: bytes)
        guard let end = endOfHead else {
            return head.count > Self.headLimit ? .refused(status: "431 Request Header Fields Too Large") : .incomplete
        }
        guard end <= Self.headLimit else { return .refused(status: "431 Request Header Fields Too Large") }
        let line = head.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard words.count == 3, words[2].starts(with: "HTTP/1.".utf8) else {
            return .refused(status: "400 Bad Request")
        }
        let target = words[1].prefix { $0 != UInt8(ascii: "?") }
        guard words[0].elementsEqual("GET".utf8) || words[0].elementsEqual("HEAD".utf8) else {
            return .refused(status: "405 Method Not Allowed")
        }
        guard target.elementsEqual("/metrics".utf8) else { return .refused(status: "404 Not Found") }
        return .metrics(isHead: words[0].elementsEqual("HEAD".utf8))
    }

    /// Where the empty line that ends the head begins; bare line feeds count too (section 2.2).
    private var endOfHead: Int? {
        var lineLength = 0
        for (position, byte) in head.enumerated() {
            switch byte {
            case UInt8(ascii: "\n"):
                if lineLength == 0, position > 0 { return position }
                lineLength = 0
            case UInt8(ascii: "\r"): break
            default: lineLength += 1
            }
        }
        return nil
    }

    /// The whole answer with `body`; the connection ends with it.
    static func answer(status: String, contentType: String, body: [UInt8], isHead: Bool = false) -> [UInt8] {
        let allow = status.hasPrefix("405") ? "Allow: GET, HEAD\r\n" : ""
        let head =
            "HTTP/1.1 \(status)\r\nContent-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n\(allow)"
            + "Connection: close\r\n\r\n"
        return Array(head.utf8) + (isHead ? [] : body)
    }
}
