// A real sluiced on a socket in a folder of its own. It tells that it is ready as it tells systemd: by a datagram.

import Glibc
import SluiceJSON

final class DaemonUnderTest {
    let folder: TemporaryFolder
    let socketPath: String
    private let process: ChildProcess
    private let notices: CInt
    /// What it told systemd when it was ready.
    private(set) var readyNotice = ""

    /// A triangle a, b, c of 10 Mbit/s links with one host at each switch.
    static let triangle = """
        {"name":"triangle",
         "switches":[{"id":"a","dpid":1},{"id":"b","dpid":2},{"id":"c","dpid":3}],
         "hosts":[{"id":"ha","ipv4":"10.0.0.1","attachment":{"switch":"a","port":1}},
                  {"id":"hb","ipv4":"10.0.0.2","attachment":{"switch":"b","port":1}},
                  {"id":"hc","ipv4":"10.0.0.3","attachment":{"switch":"c","port":1}}],
         "links":[{"id":"ab","a":{"switch":"a","port":2},"b":{"switch":"b","port":2},"capacity":10000000,"latency":1000},
                  {"id":"bc","a":{"switch":"b","port":3},"b":{"switch":"c","port":3},"capacity":10000000,"latency":1000},
                  {"id":"ac","a":{"switch":"a","port":3},"b":{"switch":"c","port":2},"capacity":10000000,"latency":1000}]}
        """

    /// Starts it and waits until it is ready.
    ///
    /// - Parameters:
    ///   - isActivated: it is passed a listening socket at `socketPath`, as systemd does.
    ///   - state: folder of the store; nil: everything is kept in memory.
    ///   - wrapper: a program, with its arguments, that becomes the daemon.
    ///   - extra: more arguments; those that begin with `./` are in the test's folder.
    init(
        topology: String = DaemonUnderTest.triangle, policy: String? = nil, environment: [String: String] = [:],
        isActivated: Bool = false, arguments extra: [String] = [], state: String? = nil, wrapper: [String] = []
    ) throws {
        folder = try TemporaryFolder()
        socketPath = folder.path + "/control.sock"
        notices = try Self.datagramSocket(folder.path + "/notify.sock")
        var arguments = ["--topology", try folder.file("topology.json", topology), "--socket", socketPath]
        let ownFolder = folder.path
        arguments += extra.map { $0.hasPrefix("./") ? ownFolder + $0.dropFirst() : $0 }
        if let policy { arguments += ["--policy", try folder.file("policy.yaml", policy)] }
        if let state { arguments += ["--state", state] }
        let variables = environment.merging(["NOTIFY_SOCKET": folder.path + "/notify.sock"]) { $1 }
        let program = try ChildProcess.program("sluiced")
        if isActivated {
            let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            defer { close(listener) }
            guard withUnixAddress(socketPath, { bind(listener, $0, $1) }) == 0, listen(listener, 8) == 0 else {
                throw SystemTestFailure("cannot listen on \(socketPath)")
            }
            // The shell becomes the daemon, so that its process id is the one that LISTEN_PID names.
            process = try ChildProcess(
                "/bin/sh", ["-c", "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$0\" \"$@\"", program] + arguments,
                environment: variables, passing: listener)
        } else {
            let words = wrapper + [program] + arguments
            process = try ChildProcess(words[0], Array(words.dropFirst()), environment: variables)
        }
        readyNotice = try awaitNotice("READY=1")
    }

    deinit { close(notices) }

    /// Waits for the notice to systemd that contains `text`.
    @discardableResult
    func awaitNotice(_ text: String) throws -> String {
        while true {
            try awaitReadable(notices, "the notice \(text)")
            var buffer = [UInt8](repeating: 0, count: 4_096)
            let count = recv(notices, &buffer, buffer.count, 0)
            let notice = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
            if notice.contains(text) { return notice }
        }
    }

    /// Whether `answers(toNobody:)` works here.
    static let canBecomeNobody: Bool = {
        let tools: [String] = ["/usr/bin/setpriv", "/usr/bin/socat"]
        return getuid() == 0 && tools.allSatisfy { (tool: String) in access(tool, X_OK) == 0 }
    }()

    /// What another user gets for `lines`: uid and gid 65534, no other groups. Its end is the end of its input.
    ///
    /// - Precondition: the tests run as root, as only root can become someone else.
    func answers(toNobody lines: [String]) throws -> [JSONNode] {
        for path in [folder.path, socketPath] { try Self.open(path) }
        let input = lines.isEmpty ? ":" : "printf '%s\\n' " + lines.map { "'\($0)'" }.joined(separator: " ")
        let ending = try ChildProcess(
            "/bin/sh",
            [
                "-c",
                "\(input) | setpriv --reuid=65534 --regid=65534 --clear-groups "
                    + "socat -t 30 - UNIX-CONNECT:\(socketPath)",
            ]
        ).ending()
        return try ending.output.split(separator: "\n").map { try JSONNode(parsing: Array($0.utf8)) }
    }

    private static func open(_ path: String) throws {
        guard chmod(path, 0o777) == 0 else { throw SystemTestFailure("cannot open \(path) to others") }
    }

    func connect() throws -> TestClient { try TestClient(socketPath, of: self) }

    func signal(_ signal: CInt) { process.signal(signal) }

    /// Waits for the end.
    func ending() throws -> ChildProcess.Ending { try process.ending() }

    /// Sends SIGTERM and waits for the end.
    func stop() throws -> ChildProcess.Ending {
        process.signal(SIGTERM)
        return try process.ending()
    }

    private static func datagramSocket(_ path: String) throws -> CInt {
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0 else {
            throw SystemTestFailure("cannot bind \(path)")
        }
        return descriptor
    }
}

func withUnixAddress(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}

/// A client that sends any bytes and reads lines.
final class TestClient {
    private let descriptor: CInt
    private var received: [UInt8] = []
    /// Lives as long as its clients.
    private let daemon: DaemonUnderTest

    init(_ path: String, of daemon: DaemonUnderTest) throws {
        self.daemon = daemon
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard withUnixAddress(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            throw SystemTestFailure("cannot connect to \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw SystemTestFailure("send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(count)
        }
    }

    /// Says that nothing more will be sent.
    func endInput() { shutdown(descriptor, CInt(SHUT_WR)) }

    /// The next line without its end; nil where the daemon has closed the connection.
    func line() throws -> String? {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            try awaitReadable(descriptor, "an answer")
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return nil }
            received += buffer[..<count]
        }
    }

    func answer() throws -> JSONNode {
        guard let line = try line() else { throw SystemTestFailure("the daemon closed the connection") }
        return try JSONNode(parsing: Array(line.utf8))
    }

    /// Whatever lines are there, or come within the time.
    func answers(withinMilliseconds milliseconds: CInt) throws -> [JSONNode] {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if Glibc.poll(&poll, 1, milliseconds) > 0 {
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { throw SystemTestFailure("the daemon closed the connection") }
            received += buffer[..<count]
        }
        var answers: [JSONNode] = []
        while let end = received.firstIndex(of: 10) {
            answers.append(try JSONNode(parsing: Array(received[..<end])))
            received.removeSubrange(...end)
        }
        return answers
    }

    /// Sends one request and reads one line.
    func call(_ method: String, _ params: String = "{}", id: Int = 1) throws -> JSONNode {
        try send(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(params)}"# + "\n")
        return try answer()
    }
}
