// Commands of the system, run for a measurement.

import Glibc

struct Shell {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Variables that every script sees.
    var environment: [(name: String, value: String)]

    /// Runs `script` by /bin/sh and answers what it printed.
    func callAsFunction(_ script: String) throws(Failure) -> String {
        let settings = environment.map { "\($0.name)='\($0.value)'; export \($0.name)\n" }.joined()
        guard let stream = popen("set -e\n" + settings + script, "r") else {
            throw Failure(description: "no shell can be started")
        }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, stream)
            if count == 0 { break }
            output += buffer[..<count]
        }
        let status = pclose(stream)
        let text = String(decoding: output, as: UTF8.self)
        guard status == 0 else { throw Failure(description: "status \(status >> 8) of: \(script)\n\(text)") }
        return text
    }

    /// Seconds since an arbitrary origin.
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// A stream connection to the Unix socket at `path`.
    static func connect(_ path: String) throws(Failure) -> Int32 {
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        let result = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            let reason = String(cString: strerror(errno))
            close(descriptor)
            throw Failure(description: "\(path): \(reason)")
        }
        return descriptor
    }

    static func send(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, CInt(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(description: "send: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// What has come, at most 256 KiB; waits for it.
    static func receive(from descriptor: Int32) throws(Failure) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 262_144)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw Failure(description: "the connection has ended") }
        return Array(buffer[..<count])
    }
}
