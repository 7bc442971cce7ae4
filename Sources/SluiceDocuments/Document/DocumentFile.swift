// A file's bytes with its name, and the one place where this module touches the disk.

private import Glibc
private import SluiceModel

package struct DocumentFile: Sendable {
    /// As it was given; faults name it so.
    package let name: String
    package let bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    /// Reads the file at `path` (`-` for standard input), at most `limit` bytes.
    package init(reading path: String, limit: Int = Limits.documentBytes) throws(InvalidDocument) {
        func fault(_ problem: DocumentFault.Problem) -> InvalidDocument {
            InvalidDocument(fileName: path, faults: [DocumentFault(position: nil, field: "", problem: problem)])
        }
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(.cannotRead(String(cString: strerror(errno)))) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault(.cannotRead(String(cString: strerror(errno)))) }
        if status.st_mode & S_IFMT == S_IFDIR { throw fault(.isDirectory) }
        if status.st_mode & S_IFMT == S_IFREG, Int(status.st_size) > limit { throw fault(.tooLarge(limit: limit)) }

        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(status.st_size) + 1)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault(.cannotRead(String(cString: strerror(errno))))
            }
            bytes += buffer[..<count]
            if bytes.count > limit { throw fault(.tooLarge(limit: limit)) }
        }
        self.init(name: path, bytes: bytes)
    }
}
