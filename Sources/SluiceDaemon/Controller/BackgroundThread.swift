// Threads for what blocks: the solver, and reading documents again. Never the event loop, never Swift's cooperative
// pool, whose threads are few and whose stacks are small.

private import Glibc

package enum BackgroundThread {
    /// Runs `body` on a thread of its own and returns at once; the thread ends with `body`.
    ///
    /// - Parameter niceness: the thread's own nice value, so that decisions on the event loop go first.
    package static func run(
        stackBytes: Int = 1 << 20, niceness: Int32 = 0, _ body: @escaping @Sendable () -> Void
    ) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        let start = Start(niceness: niceness, body: body)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, &attributes,
            { argument in
                // Balances passRetained below.
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                // Who 0 is the calling thread: Linux keeps a nice value for each (setpriority(2), notes).
                if start.niceness != 0 { _ = setpriority(CInt(PRIO_PROCESS.rawValue), 0, start.niceness) }
                start.body()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(result == 0, "a thread cannot be started: \(String(cString: strerror(result)))")
    }

    private final class Start: Sendable {
        let niceness: Int32
        let body: @Sendable () -> Void
        init(niceness: Int32, body: @escaping @Sendable () -> Void) {
            self.niceness = niceness
            self.body = body
        }
    }
}
