// The control socket's byte stream as lines. A value: bytes in, frames out, no I/O, so every split of every input can
// be tried in a test.
//
// A line ends with LF; a CR before it is dropped, and empty lines are skipped, so that `nc -C` and a trailing newline
// do no harm. Bytes after the last LF are half a line: they wait for their end, and are dropped without effect when
// the client hangs up.

/// What the stream has brought.
package enum Frame: Hashable, Sendable {
    /// One line without its end, at most `LineFramer.limit` bytes.
    case line([UInt8])
    /// A line longer than the limit. Reported once, as soon as the limit is passed; the rest of that line is skipped
    /// and the stream goes on with the next.
    case tooLong
}

/// Splits a byte stream into lines and holds at most one unfinished line.
package struct LineFramer: Sendable {
    /// Most bytes of one line, its end not counted.
    package let limit: Int
    private var pending: [UInt8] = []
    /// In the remainder of a line that was already reported as too long.
    private var isSkipping = false

    /// - Precondition: `limit` is positive.
    package init(limit: Int) {
        precondition(limit > 0, "a line has room for at least one byte")
        self.limit = limit
    }

    /// Bytes of the unfinished line.
    package var pendingBytes: Int { pending.count }

    /// Whether a line has begun whose end has not come.
    package var isMidLine: Bool { isSkipping || !pending.isEmpty }

    /// Takes the next bytes of the stream and hands every frame that they complete to `deliver`, in order.
    package mutating func receive(_ bytes: UnsafeRawBufferPointer, deliver: (Frame) -> Void) {
        var start = 0
        while start < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            guard let end = rest.firstIndex(of: LineFramer.lineFeed) else {
                hold(rest, deliver: deliver)
                return
            }
            finish(UnsafeRawBufferPointer(rebasing: rest[..<end]), deliver: deliver)
            start += end + 1
        }
    }

    package mutating func receive(_ bytes: [UInt8], deliver: (Frame) -> Void) {
        bytes.withUnsafeBytes { receive($0, deliver: deliver) }
    }

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    private mutating func hold(_ part: UnsafeRawBufferPointer, deliver: (Frame) -> Void) {
        if isSkipping { return }
        // One byte of grace for the CR that may belong to the line's end.
        guard pending.count + part.count <= limit + 1 else {
            pending = []
            isSkipping = true
            deliver(.tooLong)
            return
        }
        pending.append(contentsOf: part)
    }

    private mutating func finish(_ tail: UnsafeRawBufferPointer, deliver: (Frame) -> Void) {
        if isSkipping {
            isSkipping = false
            return
        }
        var line = pending
        pending = []
        guard line.count + tail.count <= limit + 1 else {
            deliver(.tooLong)
            return
        }
        line.append(contentsOf: tail)
        if line.last == Self.carriageReturn { line.removeLast() }
        if line.isEmpty { return }
        deliver(line.count <= limit ? .line(line) : .tooLong)
    }
}
