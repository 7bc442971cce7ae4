// Who asked for what, and with which outcome: one line of JSON each, appended to a file by a thread of its own, so that
// a slow disk delays no decision. What the disk does not take waits, up to a bound; beyond it lines are counted as
// lost, and the count is written into the log, into the daemon's log and into the metrics, so that nothing is lost
// silently. The file is opened again on a reload: move it away first, as logrotate(8) does.

private import Glibc
package import Logging
private import NIOPosix
private import SluiceJSON
private import SluiceModel
private import Synchronization

package final class AuditLog: Sendable {
    package struct Figures: Hashable, Sendable {
        package var lines = 0
        package var lost = 0
        package var queuedBytes = 0
    }

    private struct State {
        var figures = Figures()
        /// Whole lines that the file does not have yet.
        var queue: [UInt8] = []
        /// Lost since the last line that told of it.
        var untold = 0
        var isScheduled = false
        /// The file is to be opened anew once so many bytes of the queue are in the one that is open; nil: it is not.
        var reopensAfter: Int?
        var isFailing = false
        /// Of the file; -1 where it is not open. Used by the writing thread only, closed by `close` after its end.
        var descriptor: CInt = -1
    }

    private let path: String
    private let limit: Int
    private let log: Logger
    private let state = Mutex(State())
    private let thread = NIOThreadPool(numberOfThreads: 1)

    package struct Failure: Error { package let message: String }

    /// Opens `path` for appending, with mode 0640 where it is new.
    ///
    /// - Parameter limit: most bytes that wait for the disk.
    package init(path: String, limit: Int = DaemonLimits.auditBytes, log: Logger) throws(Failure) {
        self.path = path
        self.limit = limit
        self.log = log
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw Failure(
                message: "\(path): \(String(cString: strerror(errno))) (choose another file with --audit-log)")
        }
        state.withLock { $0.descriptor = descriptor }
        thread.start()
    }

    package var figures: Figures {
        state.withLock { state in
            var figures = state.figures
            figures.queuedBytes = state.queue.count
            return figures
        }
    }

    /// Adds one line, without its end.
    package func append(_ line: [UInt8]) {
        let isFirstLost = state.withLock { state in
            state.figures.lines += 1
            guard state.queue.count + line.count < limit else {
                state.figures.lost += 1
                state.untold += 1
                return state.untold == 1
            }
            state.queue.append(contentsOf: line)
            state.queue.append(UInt8(ascii: "\n"))
            return false
        }
        if isFirstLost {
            log.error("audit lines are being lost: the disk does not take them", metadata: ["file": "\(path)"])
        }
    }

    /// Has the thread write what waits; at the end of each turn.
    ///
    /// - Parameter retrying: also where the disk refused the last time, which is to be asked now and then only.
    package func flush(retrying: Bool = false) {
        let isNeeded = state.withLock { state in
            guard !state.isScheduled, !state.isFailing || retrying || state.reopensAfter != nil,
                !state.queue.isEmpty || state.untold > 0 || state.reopensAfter != nil
            else { return false }
            state.isScheduled = true
            return true
        }
        if isNeeded { thread.submit { _ in self.drain() } }
    }

    /// Opens the file anew before the next line: what stood in it has been moved away. Lines that still wait are of before,
    /// and go to the file that was open then.
    package func reopen() {
        state.withLock { $0.reopensAfter = $0.queue.count }
        flush()
    }

    /// Writes what waits and ends the thread.
    package func close() throws {
        flush(retrying: true)
        try thread.syncShutdownGracefully()
        state.withLock { state in
            if state.descriptor >= 0 { Glibc.close(state.descriptor) }
            state.descriptor = -1
        }
    }
}

// MARK: The thread

extension AuditLog {
    private func drain() {
        while true {
            let (descriptor, batch, lost, reopens) = state.withLock { state in
                if let earlier = state.reopensAfter, earlier > 0, state.descriptor >= 0 {
                    return (state.descriptor, Array(state.queue.prefix(earlier)), 0, false)
                }
                defer { state.reopensAfter = nil }
                return (state.descriptor, state.queue, state.untold, state.reopensAfter != nil)
            }
            let file = reopens || descriptor < 0 ? reopened(descriptor) : descriptor
            if batch.isEmpty, lost == 0 {
                // A line that came since is scheduled by the flush that follows it.
                let isDone = state.withLock { state in
                    guard state.queue.isEmpty, state.reopensAfter == nil else { return false }
                    state.isScheduled = false
                    return true
                }
                if isDone { return }
                continue
            }
            let note = lost > 0 ? Self.note(lost: lost) : []
            guard file >= 0, Self.write(batch + note, to: file) else {
                let code = errno
                if goesToNewFile() { continue }
                fail(code)
                return
            }
            let hasRecovered = state.withLock { state in
                state.queue.removeFirst(batch.count)
                state.reopensAfter = state.reopensAfter.map { max(0, $0 - batch.count) }
                state.untold -= lost
                defer { state.isFailing = false }
                return state.isFailing
            }
            if hasRecovered {
                log.notice("the audit log is written again", metadata: ["file": "\(path)", "lost": "\(lost)"])
            }
        }
    }

    /// - Returns: whether the file that did not take what waits is to be left for a new one.
    private func goesToNewFile() -> Bool {
        state.withLock { state in
            guard let earlier = state.reopensAfter, earlier > 0 else { return false }
            state.reopensAfter = 0
            return true
        }
    }

    /// Closes `descriptor` and opens the file anew.
    private func reopened(_ descriptor: CInt) -> CInt {
        if descriptor >= 0 { Glibc.close(descriptor) }
        let fresh = Self.open(path)
        let code = errno
        state.withLock { $0.descriptor = fresh }
        errno = code
        return fresh
    }

    /// What could not be written stays for the next try.
    private func fail(_ code: CInt) {
        let isNews = state.withLock { state in
            state.isScheduled = false
            defer { state.isFailing = true }
            return !state.isFailing
        }
        if isNews {
            log.error(
                "the audit log cannot be written; lines wait for it",
                metadata: ["file": "\(path)", "error": "\(String(cString: strerror(code)))"])
        }
    }

    private static func open(_ path: String) -> CInt {
        Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0o640)
    }

    /// All of `bytes`, or nothing: a part that a full disk took is taken back.
    private static func write(_ bytes: [UInt8], to descriptor: CInt) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                if status.st_mode & S_IFMT == S_IFREG { _ = ftruncate(descriptor, status.st_size) }
                errno = code
                return false
            }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func note(lost: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("time")
        writer.string(Instant.now().text)
        writer.name("lost")
        writer.integer(lost)
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }
}
