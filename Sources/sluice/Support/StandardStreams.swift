// Standard output and standard error as byte sinks, unbuffered: a command composes its whole answer and writes it once.

private import Glibc

enum StandardOutput {
    static func write(_ text: String) { write(Array(text.utf8)) }

    /// A reader that went away (`sluice flows | head`) ends the process by SIGPIPE, as in other tools; any other
    /// failure to write ends it with a message, since an answer that nobody got is no answer.
    static func write(_ bytes: [UInt8]) {
        if let problem = writeAll(bytes, to: STDOUT_FILENO) {
            StandardError.write("sluice: standard output: \(problem)\n")
            exit(ExitStatus.internal.rawValue)
        }
    }

    /// Whether people read it, rather than a file or another program.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
}

enum StandardError {
    static func write(_ text: String) {
        // Nothing is left to be done where even this fails.
        _ = writeAll(Array(text.utf8), to: STDERR_FILENO)
    }
}

/// What went wrong, or nil once every byte is written.
private func writeAll(_ bytes: [UInt8], to descriptor: CInt) -> String? {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if written >= 0 {
            rest = rest.dropFirst(written)
        } else if errno != EINTR {
            return String(cString: strerror(errno))
        }
    }
    return nil
}
