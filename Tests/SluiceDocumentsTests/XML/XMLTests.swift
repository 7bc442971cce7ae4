import SluiceDocuments
import SluiceModel
import Testing

/// The XML reader by way of GraphML, whose node ids show what was read.
@Suite struct XMLTests {
    private func ids(_ nodes: String, head: String = "") throws -> [String] {
        let text = "\(head)<graphml><graph>\(nodes)</graph></graphml>"
        return try Document.readNetwork(document(text)).topology.nodes.map(\.id.text)
    }

    @Test(arguments: [
        ("<node id=\"a\"/>", "a"), ("<node id='a'></node>", "a"), ("<node\n id = \"a\" />", "a"),
        ("<node id=\"a&amp;b&lt;&gt;&quot;&apos;\"/>", "a&b<>\"'"),
        ("<node id=\"&#65;&#x42;&#x20ac;\"/>", "AB\u{20ac}"),
        ("<node id=\"Zürich\"/>", "Zürich"), ("<?x?><node id=\"a\"/><?y z?>", "a"),
        ("<!-- <node> --><node id=\"a\"/>", "a"),
        ("<g:node xmlns:g=\"u\" id=\"a\"/>", "a"), ("<node id=\"a\"><![CDATA[<b>]]></node>", "a"),
    ])
    func `markup is read`(nodes: String, id: String) throws {
        #expect(try ids(nodes) == [id])
        #expect(try ids(nodes, head: "<?xml version=\"1.0\"?>\n<!-- x -->\n") == [id])
    }

    @Test func `ISO 8859-1 is read where it is declared`() throws {
        let text = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><graphml><graph><node id=\"Z\"/></graph></graphml>"
        var bytes = Array(text.utf8)
        let letter = try #require(bytes.lastIndex(of: UInt8(ascii: "Z")))
        bytes[letter] = 0xfc
        #expect(try Document.readNetwork(DocumentFile(name: "x", bytes: bytes)).topology.nodes.map(\.id.text) == ["ü"])
    }

    @Test(arguments: [
        ("<node id=\"a\">", "1:30: the XML is broken: \"node\" is to end first"),
        ("<node id=\"a\"/", "1:30: the XML is broken: \">\" is due here"),
        ("<node id=a/>", "1:26: the XML is broken: an attribute's value is due in quotes"),
        ("<node id=\"<\"/>", "1:27: the XML is broken: \"<\" stands in an attribute"),
        ("<node id=\"a\"b=\"c\"/>", "1:29: the XML is broken: white space is due"),
        ("<node id=\"a\" id=\"b\"/>", "1:30: \"id\" is given twice"),
        ("<node id=\"&nbsp;\"/>", "1:27: the XML is broken: \"&nbsp;\" is no reference"),
        ("<node id=\"&#0;\"/>", "is no reference"), ("<node id=\"&#xd800;\"/>", "is no reference"),
        ("<node id=\"a&b\"/>", "\"&\" begins no reference"), ("< node/>", "a name is due here"),
        ("<!-- ", "a comment does not end"), ("<![CDATA[ ", "a CDATA section does not end"),
        ("<!ELEMENT a>", "document types are not read"), ("\u{1}", "a control character stands in the text"),
    ])
    func `broken markup has its place`(nodes: String, fault: String) {
        let lines = faultLines("<graphml><graph>\(nodes)</graph></graphml>")
        #expect(lines.count == 1 && lines[0].contains(fault), "\(lines)")
    }

    @Test(arguments: [
        ("<graphml/><graphml/>", "a second element follows the root"), ("x<graphml/>", "not recognised"),
        ("<graphml/>x", "text stands outside the root element"), ("<!-- x -->", "there is no element"),
        ("<?xml version=\"1.0\" encoding=\"UTF-16\"?><graphml/>", "\"utf-16\" is none of the choices"),
        ("<graphml></graphm>", "is to end first"), ("</graphml>", "nothing is open"),
    ])
    func `a broken document gets its answer`(text: String, fault: String) {
        let lines = faultLines(text)
        #expect(lines.count == 1 && lines[0].contains(fault), "\(lines)")
    }
}
