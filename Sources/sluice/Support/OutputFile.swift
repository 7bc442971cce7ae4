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
        var template = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw failure() }
        let temporary = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written >= 0 else {
                let failure = failure()
                close(descriptor)
                unlink(temporary)
                throw failure
            }
            rest = rest.dropFirst(written)
        }
        // mkstemp makes files private; an answer has the mode of any new file.
        let mask = umask(0)
        umask(mask)
        fchmod(descriptor, 0o666 & ~mask)
        guard close(descriptor) == 0, rename(temporary, path) == 0 else {
            let failure = failure()
            unlink(temporary)
            throw failure
        }
    }
}
