// Where a command writes what is too long to compose whole: a file, or standard output.

private import Glibc

final class ByteSink {
    private let name: String
    private var descriptor: Int32

    /// Opens and empties `file`; standard output where it is nil or `-`.
    init(_ file: String?) throws(CommandFailure) {
        let file = file == "-" ? nil : file
        name = file ?? "standard output"
        descriptor = file.map { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666) } ?? dup(STDOUT_FILENO)
        if descriptor < 0 { throw failure() }
    }

    deinit {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }

    func write(_ bytes: [UInt8]) throws(CommandFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                throw failure()
            }
        }
    }

    /// Some file systems report a full disk only here.
    func close() throws(CommandFailure) {
        let result = Glibc.close(descriptor)
        descriptor = -1
        if result != 0 { throw failure() }
    }

    private func failure() -> CommandFailure {
        CommandFailure(.internal, name, "cannot be written: \(String(cString: strerror(errno)))")
    }
}
