// Paths of Unix sockets as the kernel takes them.

package import Glibc

package enum UnixAddress {
    /// Most bytes of a path, its terminating NUL not counted (unix(7)).
    package static let pathLimit = 107

    /// The address of `path` and its length; nil where it is empty or too long.
    package static func make(_ path: [UInt8]) -> (address: sockaddr_un, length: socklen_t)? {
        guard !path.isEmpty, path.count <= pathLimit else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        // An abstract address has no terminating NUL: its length says where it ends.
        let isAbstract = path[0] == 0
        let header = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        return (address, socklen_t(header + path.count + (isAbstract ? 0 : 1)))
    }

    /// Whether a server accepts connections at `path`.
    package static func answers(_ path: String) -> Bool {
        guard let (address, length) = make(Array(path.utf8)) else { return false }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) == 0 }
        }
    }
}
