// The client's side of the control socket: one blocking connection, one request at a time.

import SluiceJSON
import SluiceModel
import SluiceProtocol

private import Glibc

/// A connection to the daemon; it ends with the process.
struct ControlClient {
    let path: String
    private let descriptor: CInt
    private var framer = LineFramer(limit: 1 << 31)
    private var lines: [[UInt8]] = []
    private var nextID = 1

    init(_ path: String) throws(CommandFailure) {
        self.path = path
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw CommandFailure(
                .usage, "\"\(path)\"", "a socket's path has 1 to 107 bytes", remedy: "give another with --socket")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            throw CommandFailure(.internal, path, "socket: \(String(cString: strerror(errno)))")
        }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Self.unreachable(path, errno) }
    }

    private static func unreachable(_ path: String, _ code: CInt) -> CommandFailure {
        let (why, remedy) =
            switch code {
            case ENOENT:
                (
                    "the daemon's socket does not exist",
                    "start sluiced, or name its socket with --socket or SLUICE_SOCKET"
                )
            case ECONNREFUSED where isOther(path), ENOTSOCK:
                ("this is not a socket", "name the daemon's socket with --socket or SLUICE_SOCKET")
            case ECONNREFUSED: ("nobody answers on this socket", "start sluiced again")
            case EACCES: ("this user may not connect", "join the socket's group, or use sudo")
            default: (String(cString: strerror(code)), "is sluiced running?")
            }
        return CommandFailure(.unreachable, path, why, remedy: remedy)
    }

    /// Whether something other than a socket is there: Linux refuses a connection to it all the same.
    private static func isOther(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT != S_IFSOCK
    }

    /// Calls `method` and answers its result; `params` appends the members of the params object.
    mutating func call(
        _ method: Method, _ params: (inout JSONWriter) -> Void = { _ in }
    ) throws(CommandFailure) -> JSONNode {
        let id = nextID
        nextID += 1
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("jsonrpc")
        writer.string("2.0")
        writer.name("id")
        writer.integer(id)
        writer.name("method")
        writer.string(method.rawValue)
        writer.name("params")
        writer.beginObject()
        params(&writer)
        writer.endObject()
        writer.endObject()
        guard writer.bytes.count <= Limits.requestBytes else {
            throw CommandFailure(
                .input, method.rawValue,
                "the request has \(writer.bytes.count) bytes, more than \(Limits.requestBytes)",
                remedy: "split it")
        }
        try send(writer.bytes + [UInt8(ascii: "\n")])
        while true {
            let message = try receive()
            // Notifications that arrive between are of a subscription that the caller does not wait for here.
            guard message["method"] == nil else { continue }
            if let result = message["result"], message["id"]?.integer == id { return result }
            throw refusal(message["error"], of: method)
        }
    }

    /// The next notification of a subscription.
    mutating func notification() throws(CommandFailure) -> (method: String, params: JSONNode) {
        while true {
            let message = try receive()
            if let method = message["method"]?.string, let params = message["params"] { return (method, params) }
        }
    }

    /// What the daemon refused: 2 where the request names what does not exist or has no such form, 4 where the
    /// daemon takes no client now, 5 for a defect, else 1, since the answer is no.
    private func refusal(_ error: JSONNode?, of method: Method) -> CommandFailure {
        let code = error?["data"]?["code"]?.string ?? "unknown"
        let status: ExitStatus =
            switch error?["code"]?.integer {
            case ErrorCode.parameterRange.number, ErrorCode.methodUnknown.number: .usage
            case ErrorCode.internalFailure.number, ErrorCode.requestInvalid.number, ErrorCode.jsonSyntax.number, nil:
                .internal
            case ErrorCode.connections.number, ErrorCode.shuttingDown.number: .unreachable
            default: code.hasSuffix(".unknown") ? .usage : .refused
            }
        let faults = error?["data"]?["faults"]?.array?.compactMap(\.string) ?? []
        let message = ([error?["message"]?.string ?? "no reason was given"] + faults).joined(separator: "\n  ")
        // A message that names the one that was probably meant needs no list of all.
        let remedy = error?["data"]?["didYouMean"] == nil ? Self.remedy(for: code) : nil
        return CommandFailure(status, method.rawValue, "\(message) [\(code)]", remedy: remedy, answer: error)
    }

    /// Where the names are that the daemon knows.
    private static func remedy(for code: String) -> String? {
        switch code {
        case "flow.unknown": "sluice flows lists them"
        case "link.unknown": "sluice links lists them"
        case "node.unknown", "switch.unknown": "sluice links shows the ends of all links"
        default: nil
        }
    }

    private func send(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw ended()
            }
        }
    }

    private mutating func receive() throws(CommandFailure) -> JSONNode {
        while lines.isEmpty {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw ended() }
            var received: [[UInt8]] = []
            framer.receive(Array(buffer[..<count])) { frame in
                if case .line(let line) = frame { received.append(line) }
            }
            lines += received
        }
        let line = lines.removeFirst()
        do throws(JSONSyntaxError) {
            return try JSONNode(parsing: line)
        } catch {
            throw CommandFailure(
                .internal, path, "the answer is not JSON: byte \(error.offset): \(error.reason.text)",
                remedy: "is this sluiced's socket?")
        }
    }

    private func ended() -> CommandFailure {
        CommandFailure(.unreachable, path, "the daemon closed the connection", remedy: "see its log")
    }
}
