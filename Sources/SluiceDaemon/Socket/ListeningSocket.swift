// The socket that clients connect to: handed over by systemd (sd_listen_fds(3)), or made here.

private import Glibc

package struct ListeningSocket: Sendable {
    package let descriptor: Int32
    /// The file to remove at the end; nil where systemd owns it.
    package let file: String?
    private let device: UInt64
    private let inode: UInt64

    package enum Failure: Error, Hashable {
        case pathTooLong(String)
        case occupied(String)
        case notASocket(String)
        /// What systemd passed is no listening stream socket of the Unix family.
        case passedUnusable(descriptor: Int32)
        case system(call: String, path: String, message: String)

        package var text: String {
            switch self {
            case .pathTooLong(let path):
                "\(path): longer than the \(UnixAddress.pathLimit) bytes a socket's path may have (choose a shorter one)"
            case .occupied(let path):
                "\(path): another daemon answers on it (stop it, or choose another path with --socket)"
            case .notASocket(let path): "\(path): exists and is no socket (remove it, or choose another path)"
            case .passedUnusable(let descriptor):
                "descriptor \(descriptor), passed by systemd, is no listening Unix stream socket (use ListenStream= with "
                    + "a path, and FileDescriptorName=control)"
            case .system(let call, let path, let message): "\(path): \(call): \(message)"
            }
        }
    }

    /// The socket that systemd passed to this process (sd_listen_fds(3)): the one named `control` in LISTEN_FDNAMES, else
    /// the first. Nil where none was passed.
    package static func inherited(
        environment: [String: String], processID: Int32
    ) throws(Failure) -> ListeningSocket? {
        guard environment["LISTEN_PID"] == String(processID),
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...1_024).contains(count)
        else { return nil }
        let first: Int32 = 3
        for descriptor in first..<(first + count) { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
        let position = names.prefix(Int(count)).firstIndex { $0 == "control" } ?? 0
        let descriptor = first + Int32(position)
        guard option(SO_DOMAIN, of: descriptor) == AF_UNIX, option(SO_ACCEPTCONN, of: descriptor) == 1,
            option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue)
        else { throw .passedUnusable(descriptor: descriptor) }
        return ListeningSocket(descriptor: descriptor, file: nil, device: 0, inode: 0)
    }

    /// nil where `descriptor` is no socket.
    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    /// Binds `path` with mode 0660. A socket file that nobody answers on is what a crash left, and is replaced.
    package static func bind(_ path: String) throws(Failure) -> ListeningSocket {
        guard let (address, length) = UnixAddress.make(Array(path.utf8)) else { throw .pathTooLong(path) }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
            if UnixAddress.answers(path) { throw .occupied(path) }
            guard unlink(path) == 0 || errno == ENOENT else { throw failure("unlink", path) }
        }
        let descriptor = socket(
            AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw failure("socket", path) }
        // The mask makes the file 0660 from its first moment: with chmod afterwards, anyone could slip in between.
        let mask = umask(0o117)
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, length) }
        }
        let bindFailure = failure("bind", path)
        umask(mask)
        guard result == 0 else {
            close(descriptor)
            throw bindFailure
        }
        guard listen(descriptor, 128) == 0, lstat(path, &status) == 0 else {
            let listenFailure = failure("listen", path)
            close(descriptor)
            throw listenFailure
        }
        return ListeningSocket(
            descriptor: descriptor, file: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
    }

    /// Removes the file, unless another daemon has put its own in its place.
    package func removeFile() {
        var status = stat()
        guard let file, lstat(file, &status) == 0, UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode
        else { return }
        unlink(file)
    }

    private static func failure(_ call: String, _ path: String) -> Failure {
        .system(call: call, path: path, message: String(cString: strerror(errno)))
    }
}
