// Bytes of a file or of standard input, read once from front to back through one buffer, so that a capture of any
// length takes constant memory. Both readers sit on it, and it counts where they are.

private import Glibc

/// A buffered descriptor.
final class ByteSource {
    private let descriptor: Int32
    private let closesDescriptor: Bool
    /// Bytes of a regular file; nil for a pipe.
    let length: Int?
    private var buffer: UnsafeMutableRawPointer
    private var capacity = 1 << 18
    /// Unread bytes are `buffer[start..<end]`.
    private var start = 0
    private var end = 0
    /// Bytes consumed so far: the offset of the next one.
    private(set) var position = 0
    /// What read(2) failed with, if it did; such a source is at its end.
    private(set) var readError: Int32?

    private init(descriptor: Int32, closesDescriptor: Bool) {
        self.descriptor = descriptor
        var status = stat()
        length = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
        self.closesDescriptor = closesDescriptor
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        buffer.deallocate()
        if closesDescriptor { close(descriptor) }
    }

    /// Opens `file`; standard input for nil.
    static func open(_ file: String?) throws(CaptureFailure) -> ByteSource {
        guard let file else { return ByteSource(descriptor: STDIN_FILENO, closesDescriptor: false) }
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(reason: systemText(errno)) }
        let source = ByteSource(descriptor: descriptor, closesDescriptor: true)
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { throw .isDirectory }
        return source
    }

    /// The next `count` bytes without consuming them, or as many as there are before the end. Valid until the next
    /// call of any method.
    func peek(_ count: Int) -> UnsafeRawBufferPointer {
        if end - start < count { fill(count) }
        return UnsafeRawBufferPointer(start: buffer + start, count: min(count, end - start))
    }

    /// Consumes `count` bytes that `peek` has shown.
    func consume(_ count: Int) {
        precondition(count <= end - start, "only bytes that were shown can be consumed")
        start += count
        position += count
    }

    /// Consumes up to `count` bytes without keeping them; how many there were.
    func skip(_ count: Int) -> Int {
        var left = count
        while left > 0 {
            if start == end { fill(1) }
            let now = min(left, end - start)
            if now == 0 { break }
            consume(now)
            left -= now
        }
        return count - left
    }

    /// Copies at least one byte unless at the end; how many.
    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        if start == end {
            // Nothing is buffered: large reads go straight to where they are wanted.
            if target.count >= capacity / 4, let base = target.baseAddress { return read(into: base, target.count) }
            fill(1)
        }
        let count = min(target.count, end - start)
        target.copyMemory(from: UnsafeRawBufferPointer(start: buffer + start, count: count))
        consume(count)
        return count
    }

    /// Makes at least `count` bytes available, if the source has them. The buffer grows only as far as bytes really
    /// arrive, so a length field alone cannot make it large.
    private func fill(_ count: Int) {
        if start > 0 {
            let unread = end - start
            // Regions may overlap: this is memmove.
            buffer.copyMemory(from: buffer + start, byteCount: unread)
            start = 0
            end = unread
        }
        while end < count {
            if end == capacity {
                let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
                larger.copyMemory(from: buffer, byteCount: end)
                buffer.deallocate()
                buffer = larger
                capacity *= 2
            }
            let got = readSome(into: buffer + end, capacity - end)
            if got == 0 { return }
            end += got
        }
    }

    private func read(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        let got = readSome(into: target, count)
        position += got
        return got
    }

    /// One read(2), again where a signal came between; 0 at the end and where it fails.
    private func readSome(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        while true {
            let got = Glibc.read(descriptor, target, count)
            if got >= 0 { return got }
            guard errno == EINTR else {
                readError = errno
                return 0
            }
        }
    }
}

/// What the system calls the error `number`.
func systemText(_ number: Int32) -> String {
    String(cString: strerror(number))
}
