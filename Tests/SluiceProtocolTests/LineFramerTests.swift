// The byte stream as lines, however it is cut.

import SluiceProtocol
import Testing

@Suite struct LineFramerTests {
    private func frames(_ chunks: [[UInt8]], limit: Int = 64) -> [Frame] {
        var framer = LineFramer(limit: limit)
        var frames: [Frame] = []
        for chunk in chunks { framer.receive(chunk) { frames.append($0) } }
        return frames
    }

    private func line(_ text: String) -> Frame { .line(Array(text.utf8)) }

    @Test func `every way of cutting a stream in two gives the same lines`() {
        let stream = Array("one\ntwo\r\n\n\r\nthree\nhalf".utf8)
        for cut in 0...stream.count {
            #expect(
                frames([Array(stream[..<cut]), Array(stream[cut...])]) == [line("one"), line("two"), line("three")])
        }
    }

    @Test func `a stream that comes byte by byte gives the same lines`() {
        #expect(frames(Array("a\nbc\n".utf8).map { [$0] }) == [line("a"), line("bc")])
    }

    @Test func `half a line waits for its end and is no frame`() {
        var framer = LineFramer(limit: 8)
        framer.receive(Array("abc".utf8)) { _ in Issue.record("half a line was delivered") }
        #expect(framer.pendingBytes == 3)
    }

    @Test func `a line of exactly the limit passes, with LF and with CR LF`() {
        let full = [UInt8](repeating: 65, count: 10)
        #expect(frames([full + [10]], limit: 10) == [.line(full)])
        #expect(frames([full + [13, 10]], limit: 10) == [.line(full)])
        #expect(frames([full, [13], [10]], limit: 10) == [.line(full)])
    }

    @Test(arguments: [11, 12, 13, 40])
    func `a line above the limit is reported once and the next line is read`(length: Int) {
        let long = [UInt8](repeating: 65, count: length)
        let stream = long + Array("\nnext\n".utf8)
        for cut in 0...stream.count {
            #expect(
                frames([Array(stream[..<cut]), Array(stream[cut...])], limit: 10) == [.tooLong, line("next")],
                "cut at \(cut)")
        }
    }

    @Test func `a line that never ends is not stored`() {
        var framer = LineFramer(limit: 1_000)
        var count = 0
        for _ in 0..<100 {
            framer.receive([UInt8](repeating: 65, count: 999)) { _ in count += 1 }
            #expect(framer.pendingBytes <= 1_001)
        }
        #expect(count == 1)
    }
}
