// A command's answer in a file, complete or not there at all.

private import Glibc

enum OutputFile {
    /// Writes `bytes` to `path`, or to standard output where there is none. The file is written beside its place and
    /// renamed, so that nobody reads half of it.
    static func write(_ bytes: [UInt8], to path: String?) throws {
        guard let path, path != "-" else {
            StandardOutput.write(bytes)
            return
        }
        func failure() -> CommandFailure {
            CommandFailure(.internal, path, "cannot be written: \(String(cString: strerror(errno)))")
        }
        // Only a regular file, or none, may be replaced: a link is followed, and a device or a pipe is written to.
        let place = followed(path)
        var facts = stat()
        if stat(place, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG {
            let descriptor = open(place, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure() }
            defer { close(descriptor) }
            guard put(bytes, into: descriptor) else { throw failure() }
            return
        }
        var template = Array("\(place).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure() }
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard put(bytes, into: descriptor) else {
            let failure = failure()
            close(descriptor)
            unlink(temporary)
            throw failure
        }
        // mkstemp makes files private; an answer has the mode of any new file.
        let mask = umask(0)
        umask(mask)
        fchmod(descriptor, 0o666 & ~mask)
        guard close(descriptor) == 0, rename(temporary, place) == 0 else {
            let failure = failure()
            unlink(temporary)
            throw failure
        }
    }

    /// Throws where `write` could not put a file at `path`, as far as can be known before; leaves nothing behind.
    static func check(_ path: String) throws(CommandFailure) {
        let place = followed(path)
        func failure() -> CommandFailure {
            CommandFailure(.internal, path, "cannot be written: \(String(cString: strerror(errno)))")
        }
        var facts = stat()
        if stat(place, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG {
            if facts.st_mode & S_IFMT == S_IFDIR { errno = EISDIR }
            guard facts.st_mode & S_IFMT != S_IFDIR, access(place, W_OK) == 0 else { throw failure() }
            return
        }
        var template = Array("\(place).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure() }
        close(descriptor)
        unlink(template)
    }

    /// Where `path` leads to; itself where there is nothing yet.
    private static func followed(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }

    /// Whether all of `bytes` could be written.
    private static func put(_ bytes: [UInt8], into descriptor: CInt) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else { return false }
            rest = rest.dropFirst(written)
        }
        return true
    }
}
