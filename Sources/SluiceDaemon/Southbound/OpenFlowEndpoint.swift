// Where switches are met, as `--openflow` and `--switch` write it.

package enum OpenFlowEndpoint: Hashable, Sendable {
    case tcp(host: String, port: Int)
    /// TCP with TLS, in which both ends show a certificate.
    case tls(host: String, port: Int)
    case unix(path: String)

    /// Reads `tcp:ADDRESS:PORT` or `ssl:ADDRESS:PORT` (an IPv6 address in brackets) or `unix:PATH`, the notation of Open
    /// vSwitch. Port 0 stands for any free one where the daemon listens.
    package init?(text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty, path.utf8.count <= UnixAddress.pathLimit else { return nil }
            self = .unix(path: path)
            return
        }
        guard text.hasPrefix("tcp:") || text.hasPrefix("ssl:"), let colon = text.lastIndex(of: ":") else { return nil }
        let start = text.index(text.startIndex, offsetBy: 4)
        guard start < colon, let port = UInt16(text[text.index(after: colon)...]) else { return nil }
        var host = text[start..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self =
            text.hasPrefix("tcp:")
            ? .tcp(host: String(host), port: Int(port)) : .tls(host: String(host), port: Int(port))
    }

    package var text: String {
        func place(_ host: String, _ port: Int) -> String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
        switch self {
        case .tcp(let host, let port): return "tcp:\(place(host, port))"
        case .tls(let host, let port): return "ssl:\(place(host, port))"
        case .unix(let path): return "unix:\(path)"
        }
    }

    package var isEncrypted: Bool { if case .tls = self { true } else { false } }
}
