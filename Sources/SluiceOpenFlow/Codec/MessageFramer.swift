// Cuts a byte stream into messages by the length in each header (OpenFlow 1.3.5, section A.1). A header that cannot be
// one ends the stream: what follows it has no beginning.

package struct MessageFramer: Sendable {
    /// A message as it was received, header included.
    package typealias Frame = [UInt8]

    private var buffer: [UInt8] = []
    private var start = 0

    package init() {}

    /// Bytes of a message that is not whole yet.
    package var pending: Int { buffer.count - start }

    package mutating func receive(_ bytes: some Sequence<UInt8>) { buffer.append(contentsOf: bytes) }

    /// The next whole message; nil where more bytes are needed. At most one message, 65 535 bytes, is ever kept back.
    package mutating func next() throws(Malformed) -> Frame? {
        guard pending >= 8 else {
            compact()
            return nil
        }
        let length = Int(buffer[start + 2]) << 8 | Int(buffer[start + 3])
        guard length >= 8 else { throw .wrongLength }
        guard pending >= length else {
            compact()
            return nil
        }
        defer { start += length }
        return Array(buffer[start..<(start + length)])
    }

    private mutating func compact() {
        if start == 0 { return }
        buffer.removeFirst(start)
        start = 0
    }
}
