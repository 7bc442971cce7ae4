// Tells systemd how the service is doing: sd_notify(3) by hand, since it is one datagram and not worth a library.

private import Glibc

package struct ServiceNotification: Sendable {
    private let address: String?
    /// How often the watchdog wants to hear from us (half the configured time, as sd_watchdog_enabled(3) advises); nil
    /// where there is none.
    package let watchdogNanoseconds: Int64?

    /// From NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID of `environment`; says nothing where they are absent.
    package init(environment: [String: String], processID: Int32) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isForUs = environment["WATCHDOG_PID"].map { $0 == String(processID) } ?? true
        let microseconds = environment["WATCHDOG_USEC"].flatMap { Int64($0) } ?? 0
        watchdogNanoseconds = isForUs && (1...1_000_000_000_000).contains(microseconds) ? microseconds * 500 : nil
    }

    package func ready(_ status: String) { send("READY=1\nSTATUS=\(status)") }
    package func stopping() { send("STOPPING=1") }
    package func alive() { send("WATCHDOG=1") }

    /// With the time of CLOCK_MONOTONIC, which Type=notify-reload compares.
    package func reloading() {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1_000)")
    }

    /// A datagram that cannot be sent is dropped: the service runs all the same.
    private func send(_ message: String) {
        guard let address else { return }
        let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var path = Array(address.utf8)
        // An abstract address is written with @ for its leading NUL.
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard let (target, length) = UnixAddress.make(path) else { return }
        let bytes = Array(message.utf8)
        withUnsafePointer(to: target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
                _ = sendto(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL), target, length)
            }
        }
    }
}
