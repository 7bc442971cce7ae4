// Where switches are met, as `--openflow` writes it.

package enum OpenFlowEndpoint: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)

    /// Reads `tcp:ADDRESS:PORT` (an IPv6 address in brackets, port 0 for any free one) or `unix:PATH`.
    package init?(text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count <= UnixAddress.pathLimit else { return nil }
            self = .unix(path: path)
            return
        }
        guard text.hasPrefix("tcp:"), let colon = text.lastIndex(of: ":") else { return nil }
        let start = text.index(text.startIndex, offsetBy: 4)
        guard start < colon, let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[start..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self = .tcp(host: String(host), port: Int(port))
    }
}
