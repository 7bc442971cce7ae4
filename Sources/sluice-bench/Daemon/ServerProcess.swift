// A program beside this one, started and waited for, and a client that keeps a number of requests in flight.

import SluiceDaemon
import SluiceModel

private import Glibc

/// A folder that goes with the value, with the files in it.
final class ScratchFolder {
    let path: String

    /// - Parameter parent: where disks are to be measured.
    init(in parent: String) throws {
        guard let path = TemporaryFolder.make(in: parent) else {
            throw BenchFailure("\(parent): \(String(cString: strerror(errno)))")
        }
        self.path = path
    }

    deinit {
        for name in ["sluice.db", "sluice.db-wal", "lock", "reserve"] { unlink("\(path)/state/\(name)") }
        rmdir("\(path)/state")
        for name in ["topology.json", "policy.yaml", "socket", "echo", "notify", "sync"] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(file): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw BenchFailure("\(file) cannot be written") }
            rest = rest.dropFirst(count)
        }
        return file
    }

    /// Median seconds of syncing `bytes` written over what was there, as a log does.
    func syncSeconds(bytes: Int, samples: Int = 40) throws -> Double {
        let file = "\(path)/sync"
        let descriptor = open(file, O_RDWR | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(file): \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 7, count: bytes)
        for place in 0..<8 { _ = pwrite(descriptor, block, bytes, place * bytes) }
        fsync(descriptor)
        var durations = Durations()
        for sample in 0..<samples {
            let begun = Clock.monotonic()
            _ = pwrite(descriptor, block, bytes, sample % 8 * bytes)
            guard fdatasync(descriptor) == 0 else { throw BenchFailure("\(file) cannot be synced") }
            durations.append(Clock.monotonic() - begun)
        }
        return durations.percentile(0.5) / 1e6
    }
}

final class ServerProcess {
    private var process: pid_t = 0

    /// - Parameter notify: a path for NOTIFY_SOCKET.
    init(_ name: String, _ arguments: [String], notify: String? = nil) throws {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let program =
            own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [CInt(0), 1] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        let variables: [String] = notify.map { ["NOTIFY_SOCKET=" + $0] } ?? []
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        let result = posix_spawn(&process, program, &actions, nil, &words, &settings)
        guard result == 0 else { throw BenchFailure("\(program): \(String(cString: strerror(result)))") }
    }

    deinit { kill() }

    /// Ends it as a crash does, and waits for that.
    func kill() {
        guard process > 0 else { return }
        Glibc.kill(process, SIGKILL)
        var status: CInt = 0
        waitpid(process, &status, 0)
        process = 0
    }

    /// A figure of /proc/PID/status, in megabytes of 10^6 bytes: `VmRSS`, `VmHWM`.
    func megabytes(_ name: String) -> Double {
        guard let file = fopen("/proc/\(process)/status", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, CInt(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard text.hasPrefix(name + ":") else { continue }
            let digits = text.filter(\.isNumber)
            return (Double(digits) ?? 0) * 1_024 / 1e6
        }
        return 0
    }
}

/// Takes the datagrams by which a service says that it is ready.
final class ReadinessSocket {
    private let descriptor: CInt

    init(_ path: String) throws {
        unlink(path)
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard let (address, length) = UnixAddress.make(Array(path.utf8)) else {
            throw BenchFailure("\(path) is too long")
        }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0 else { throw BenchFailure("\(path): \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    func awaitReady(seconds: Int = 120) throws {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, CInt(seconds * 1_000)) > 0 else {
                throw BenchFailure("the daemon does not get ready")
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if String(decoding: buffer[..<max(0, count)], as: UTF8.self).contains("READY=1") { return }
        }
    }
}

/// One connection with a fixed number of requests in flight.
struct PipelinedClient {
    private let descriptor: CInt

    /// Connects as soon as the server listens.
    init(_ path: String, seconds: Double = 10) throws {
        guard let (address, length) = UnixAddress.make(Array(path.utf8)) else {
            throw BenchFailure("\(path) is too long")
        }
        let deadline = Clock.monotonic() + seconds
        while true {
            let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
            let result = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
            }
            if result == 0 {
                self.descriptor = descriptor
                return
            }
            Glibc.close(descriptor)
            guard Clock.monotonic() < deadline else { throw BenchFailure("nobody answers at \(path)") }
            var none = pollfd(fd: -1, events: 0, revents: 0)
            _ = poll(&none, 1, 5)
        }
    }

    func disconnect() { Glibc.close(descriptor) }

    struct Outcome {
        var seconds: Double
        /// Bytes of all answers.
        var bytes: Int
        /// Answers that are errors, or hold the text that is not wanted.
        var failures: Int
    }

    /// Sends `count` requests, `depth` at most without their answer, and takes all answers.
    func run(count: Int, depth: Int, unwanted: String, _ request: (Int) -> [UInt8]) throws -> Outcome {
        let mark = Array(unwanted.utf8)
        var outcome = Outcome(seconds: 0, bytes: 0, failures: 0)
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        var line: [UInt8] = []
        var (sent, answered) = (0, 0)
        let begun = Clock.monotonic()
        while answered < count {
            var bytes: [UInt8] = []
            while sent < count, sent - answered < depth {
                bytes += request(sent)
                sent += 1
            }
            try send(bytes)
            let received = read(descriptor, &buffer, buffer.count)
            guard received > 0 else { throw BenchFailure("the server hangs up") }
            outcome.bytes += received
            var start = 0
            while let end = buffer[start..<received].firstIndex(of: UInt8(ascii: "\n")) {
                // Only the first answers are looked into, so that the client costs little.
                if answered < 1_000 {
                    line += buffer[start..<end]
                    if line.contains(mark) { outcome.failures += 1 }
                    line.removeAll(keepingCapacity: true)
                }
                answered += 1
                start = end + 1
            }
            if answered < 1_000 { line += buffer[start..<received] }
        }
        outcome.seconds = Clock.monotonic() - begun
        return outcome
    }

    private func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard count > 0 else { throw BenchFailure("the server does not take requests") }
            rest = rest.dropFirst(count)
        }
    }
}
