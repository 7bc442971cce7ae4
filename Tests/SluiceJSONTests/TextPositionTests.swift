import SluiceJSON
import Testing

@Suite struct TextPositionTests {
    static let text = Array("ab\né€x\r\n\nlast".utf8)

    @Test(arguments: [
        (0, 1, 1), (2, 1, 3), (3, 2, 1), (5, 2, 2), (8, 2, 3), (11, 3, 1), (12, 4, 1), (16, 4, 5), (99, 4, 5),
    ])
    func `an offset is a line and a column`(offset: Int, line: Int, column: Int) {
        #expect(TextPosition(of: offset, in: Self.text) == TextPosition(line: line, column: column))
    }

    @Test func `the table agrees with counting`() {
        let table = LineTable(of: Self.text)
        for offset in 0...Self.text.count + 2 {
            #expect(table.position(of: offset) == TextPosition(of: offset, in: Self.text))
        }
    }
}
