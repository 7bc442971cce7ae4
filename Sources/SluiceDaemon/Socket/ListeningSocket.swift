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
        case system(call: String, path: String, message: String)

        package var text: String {
            switch self {
            case .pathTooLong(let path):
                "\(path): longer than the \(UnixAddress.pathLimit) bytes a socket's path may have (choose a shorter one)"
            case .occupied(let path):
                "\(path): another daemon answers on it (stop it, or choose another path with --socket)"
            case .notASocket(let path): "\(path): exists and is no socket (remove it, or choose another path)"
            case .system(let call, let path, let message): "\(path): \(call): \(message)"
            }
        }
    }

    /// The first socket that systemd passed to this process, or nil where there is none.
    package static func inherited(environment: [String: String], processID: Int32) -> ListeningSocket? {
        guard environment["LISTEN_PID"] == String(processID),
            let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count >= 1
        else { return nil }
        let first: Int32 = 3
        _ = fcntl(first, F_SETFD, FD_CLOEXEC)
        return ListeningSocket(descriptor: first, file: nil, device: 0, inode: 0)
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
