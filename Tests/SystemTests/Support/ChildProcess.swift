// Programs of this package run for real, with deadlines and without sleeps: everything that is waited for is a file
// descriptor.

import Glibc
import Testing

/// What kept a test from its answer.
struct SystemTestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until `descriptor` can be read or has ended.
func awaitReadable(_ descriptor: CInt, seconds: Int = 60, _ what: String) throws {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    while true {
        let count = Glibc.poll(&poll, 1, CInt(seconds * 1_000))
        if count > 0 { return }
        if count == 0 { throw SystemTestFailure("nothing for \(seconds) s: \(what)") }
        if errno != EINTR { throw SystemTestFailure("poll: \(String(cString: strerror(errno)))") }
    }
}

/// A folder of its own for one test, removed with everything in it when the value goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemTestFailure("mkdtemp fails") }
        path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    deinit {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(folder)
        rmdir(path)
    }

    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(path)/\(name)"
        guard let file = fopen(path, "w") else { throw SystemTestFailure("cannot write \(path)") }
        fputs(text, file)
        fclose(file)
        return path
    }
}

/// A running program with its standard output and error.
final class ChildProcess {
    struct Ending: Equatable {
        /// Exit code, or minus the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    private var process: pid_t = 0
    private var output: CInt = -1
    private var errors: CInt = -1
    private var hasEnded = false
    private var earlyOutput: [UInt8] = []

    /// Where `swift build` has put this package's programs: beside the tests.
    static func program(_ name: String) throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { throw SystemTestFailure("readlink fails") }
        let tests = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = tests.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let path = "\(folder)/\(name)"
        guard access(path, X_OK) == 0 else { throw SystemTestFailure("\(path) has not been built") }
        return path
    }

    /// - Parameter passing: a descriptor that the program finds as its fourth, as systemd passes a socket.
    init(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], passing: CInt? = nil
    ) throws {
        var outputPipe: [CInt] = [0, 0]
        var errorPipe: [CInt] = [0, 0]
        // Socket pairs, since they close on exec from their first moment: a program that another test starts meanwhile
        // must not hold these ends open.
        let kind = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &outputPipe) == 0, socketpair(AF_UNIX, kind, 0, &errorPipe) == 0 else {
            throw SystemTestFailure("socketpair fails")
        }
        output = outputPipe[0]
        errors = errorPipe[0]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
        posix_spawn_file_actions_adddup2(&actions, errorPipe[1], 2)
        if let passing { posix_spawn_file_actions_adddup2(&actions, passing, 3) }
        let variables = environment.merging(["PATH": "/usr/bin:/bin"]) { own, _ in own }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + settings { free(pointer) } }
        let result = posix_spawn(&process, program, &actions, nil, &words, &settings)
        close(outputPipe[1])
        close(errorPipe[1])
        guard result == 0 else { throw SystemTestFailure("\(program): \(String(cString: strerror(result)))") }
    }

    deinit {
        if !hasEnded {
            Glibc.kill(process, SIGKILL)
            var status: CInt = 0
            waitpid(process, &status, 0)
        }
        close(output)
        close(errors)
    }

    /// Whether it has written something that was not read yet, or has ended.
    var hasOutput: Bool {
        var poll = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 1) > 0
    }

    /// Reads the output until `text` has come; what was read is part of `ending()` all the same.
    func awaitOutput(_ text: String) throws {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while !String(decoding: earlyOutput, as: UTF8.self).contains(text) {
            try awaitReadable(output, text)
            let count = read(output, &buffer, buffer.count)
            guard count > 0 else { throw SystemTestFailure("the program ended before it said \(text)") }
            earlyOutput += buffer[..<count]
        }
    }

    func signal(_ signal: CInt) { Glibc.kill(process, signal) }

    /// Reads both streams to their end, which is the program's.
    func ending() throws -> Ending {
        // What is logged while tests run is small: the error pipe does not fill up while the output is read.
        let outputText =
            String(decoding: earlyOutput, as: UTF8.self) + (try readToEnd(output, "output of the program"))
        let errorText = try readToEnd(errors, "errors of the program")
        var status: CInt = 0
        waitpid(process, &status, 0)
        hasEnded = true
        let code = status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f)
        return Ending(status: code, output: outputText, errors: errorText)
    }

    private func readToEnd(_ descriptor: CInt, _ what: String) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            try awaitReadable(descriptor, what)
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    /// Runs `program` to its end.
    static func run(_ name: String, _ arguments: [String], environment: [String: String] = [:]) throws -> Ending {
        try ChildProcess(try program(name), arguments, environment: environment).ending()
    }
}
