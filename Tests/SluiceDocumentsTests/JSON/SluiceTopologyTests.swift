import SluiceDocuments
import SluiceModel
import Testing

@Suite struct SluiceTopologyTests {
    @Test func `every member means what it says`() throws {
        let network = try Document.readNetwork(document(Samples.topology))
        let topology = network.topology
        #expect(topology.name == "triangle")
        #expect(network.description == "Three switches." && network.source == "Own design.")
        #expect(network.counts.nodes == 4 && network.counts.links == 3 && network.counts.directedLinks == 5)
        #expect(network.counts.capacityBitsPerSecond == 2 * 10_000_000_000 + 2 * 1_000_000 + 1_000_000_000)

        let a = try #require(topology.index(of: NodeID("a")))
        #expect(topology.datapath(of: a) == DatapathID(10))
        guard case .switch(let description) = topology[a].kind else { return }
        #expect(description.location == Location(latitude: 50.5, longitude: -3))

        let h = try #require(topology.index(of: NodeID("h")))
        guard case .host(let host) = topology[h].kind else { return }
        #expect(host.hardwareAddress?.text == "02:00:00:00:00:01")
        #expect(host.ipv4?.text == "10.0.0.1" && host.ipv6?.text == "2001:db8::1")
        #expect(topology.attachment(of: h)?.port == PortNumber(9))
        let access = try #require(topology.index(of: LinkID("access:h>")))
        #expect(topology[access].capacity == .gigabits(1))
        #expect(topology[access].latency == Latency(microseconds: 1))

        let ab = topology[try #require(topology.index(of: LinkID("ab>")))]
        #expect(ab.capacity == .gigabits(10) && ab.reservable == .gigabits(8))
        #expect(ab.latency == Latency(microseconds: 1_500))
        #expect(ab.fromPort == PortNumber(1))
        #expect(topology.affinityNames == ["gold"] && topology.sharedRiskNames == ["duct"])
        #expect(topology[try #require(topology.index(of: LinkID("bc>")))].reservable.bitsPerSecond == 900_000)
        #expect(topology.index(of: LinkID("ca")) != nil && topology.index(of: LinkID("ca<")) == nil)
    }

    @Test func `what is written is read back equal`() throws {
        let network = try Document.readNetwork(document(Samples.topology))
        let written = SluiceTopologyWriter.write(
            network.topology, description: network.description, source: network.source)
        let again = try Document.readNetwork(DocumentFile(name: "again", bytes: written))
        #expect(again.topology.nodes == network.topology.nodes)
        #expect(again.topology.cables == network.topology.cables)
        #expect(again.topology.links == network.topology.links)
        #expect(again.description == network.description && again.source == network.source)
    }

    @Test func `all faults of a file come at once, each with line, field and remedy`() {
        let lines = faultLines(
            """
            {
              "name": 7,
              "colour": "red",
              "switches": [{"id": "a", "dpid": "xyz"}, {"id": "b", "dpid": 1}, {"id": "b"}, {"dpid": 1}],
              "hosts": [
                {"id": "h", "ipv4": "10.0.0.256", "attachment": {"swich": "a"}},
                {"id": "g", "attachment": {"switch": "nowhere", "port": 0}}
              ],
              "links": [
                {"id": "l", "a": {"switch": "a"}, "b": {"switch": "a"}, "capacity": 0},
                {"id": "l", "a": {"switch": "a"}, "b": {"switch": "c"}, "capcity": 5},
                {"id": "m", "a": {"switch": "a", "port": 1}, "b": {"switch": "zz"}, "capacity": "10 parsec"},
                {"id": "n", "a": {"switch": "a", "port": 4}, "b": {"switch": "zz"}, "capacity": -5},
                {"id": "l", "a": {"switch": "a", "port": 4}, "b": {"switch": "b", "port": 4}, "capacity": 5,
                 "reservable": 6, "latency": "soon"},
                {"id": "access:x", "a": {"switch": "a", "port": 4}, "b": {"switch": "b"}, "capacity": 5}
              ]
            }
            """)
        let expected = [
            "2:11: name: a number stands where a string is wanted",
            "3:3: colour: \"colour\" is not known here (remove it)",
            "4:36: switches[0].dpid: \"xyz\" is not a datapath id",
            "4:75: switches[2].id: node \"b\" is given twice",
            "4:81: switches[3].id: \"id\" is missing",
            "6:25: hosts[0].ipv4: \"10.0.0.256\" is not an IPv4 address",
            "6:54: hosts[0].attachment.swich: \"swich\" is not known here (did you mean \"switch\"?)",
            "6:53: hosts[0].attachment.switch: \"switch\" is missing",
            "7:61: hosts[1].attachment.port: 0 is out of range",
            "7:42: hosts[1].attachment.switch: there is no switch or host \"nowhere\"",
            "10:55: links[0].b.switch: the link joins \"a\" to itself",
            "10:73: links[0].capacity: the capacity is zero",
            "11:61: links[1].capcity: \"capcity\" is not known here (did you mean \"capacity\"?)",
            "11:5: links[1].capacity: \"capacity\" is missing",
            "12:85: links[2].capacity: \"10 parsec\" is not a bandwidth",
            "13:85: links[3].capacity: -5 is out of range",
            "14:12: links[4].id: link \"l\" is given twice",
            "15:20: links[4].reservable: more is reservable than the link can carry",
            "15:34: links[4].latency: \"soon\" is not a latency",
            "16:12: links[5].id: \"access:x\" is not a link's id",
        ]
        for wanted in expected {
            #expect(lines.contains { $0.hasPrefix(wanted) }, "\(wanted)\nin\n\(lines.joined(separator: "\n"))")
        }
        #expect(lines == lines.sorted { position($0) < position($1) })
    }

    @Test(arguments: [
        // A link without a capacity still has an id, and a host without its switch too.
        (
            #"""
            {"name":"x","switches":[{"id":"a"},{"id":"b"}],"links":[
            {"id":"l","a":{"switch":"a"},"b":{"switch":"b"},"capacity":1},
            {"id":"l","a":{"switch":"a"},"b":{"switch":"b"},"capacity":"much"}]}
            """#,
            ["links[1].id: link \"l\" is given twice", "links[1].capacity: \"much\" is not a bandwidth"]
        ),
        (
            #"""
            {"name":"x","switches":[{"id":"a"},{"id":"b"}],"hosts":[{"id":"a","attachment":{"port":1}}],
            "links":[{"id":"l","a":{"switch":"a"},"b":{"switch":"b"},"capacity":1},
            {"id":"l","a":{"switch":"a"},"b":{},"capacity":1}]}
            """#,
            [
                "hosts[0].attachment.switch: \"switch\" is missing", "hosts[0].id: node \"a\" is given twice",
                "links[1].b.switch: \"switch\" is missing", "links[1].id: link \"l\" is given twice",
            ]
        ),
        (#"{"name":"x","switches":[],"links":[]}"#, ["switches: an empty list is out of range (give at least one"]),
        // One mistake, however many links make it.
        (
            #"""
            {"name":"x","switches":[{"id":"a"}],"hosts":[{"id":"h","attachment":{"switch":"a"}}],"links":[
            {"id":"l","a":{"switch":"a"},"b":{"switch":"h"},"capacity":1},
            {"id":"m","a":{"switch":"h"},"b":{"switch":"a"},"capacity":1}]}
            """#,
            ["links[0].b.switch: host \"h\" is the end of a link"]
        ),
    ])
    func `one fault hides no other, and none is told twice`(text: String, wanted: [String]) {
        let lines = faultLines(text)
        #expect(lines.count == wanted.count, "\(lines)")
        for line in wanted { #expect(lines.contains { $0.contains(line) }, "\(line) in \(lines)") }
    }

    private func position(_ line: String) -> Int {
        let numbers = line.split(separator: ":").prefix(2).compactMap { Int($0) }
        return numbers.count == 2 ? numbers[0] * 10_000 + numbers[1] : 0
    }

    @Test func `parallel links, an isolated switch and a disconnected half are networks, the latter with a warning`()
        throws
    {
        let network = try Document.readNetwork(
            document(
                """
                {"name": "x", "switches": [{"id": "a"}, {"id": "b"}, {"id": "c"}, {"id": "d"}, {"id": "alone"}],
                 "links": [
                   {"id": "1", "a": {"switch": "a"}, "b": {"switch": "b"}, "capacity": 1},
                   {"id": "2", "a": {"switch": "a"}, "b": {"switch": "b"}, "capacity": 2},
                   {"id": "3", "a": {"switch": "c"}, "b": {"switch": "d"}, "capacity": 3}]}
                """))
        #expect(network.counts.links == 3 && network.counts.directedLinks == 6)
        #expect(network.warnings == [.notConnected])
    }

    @Test(arguments: [
        ("0.5", 500), ("1", 1_000), ("0", 0), ("0.3333333", 333), ("250", 250), ("\"250 bit/s\"", 250), ("1.0", 1_000),
    ])
    func `reservable is a share up to 1 and bit/s above`(reservable: String, bitsPerSecond: Int) throws {
        let network = try Document.readNetwork(
            document(
                """
                {"name": "x", "switches": [{"id": "a"}, {"id": "b"}], "links": [{"id": "l", "a": {"switch": "a"},
                 "b": {"switch": "b"}, "capacity": 1000, "reservable": \(reservable)}]}
                """))
        #expect(network.topology.links.map(\.reservable.bitsPerSecond) == [bitsPerSecond, bitsPerSecond])
    }

    @Test func `ten thousand faults are all reported, in time`() {
        let links = (0..<10_000).map {
            "{\"id\":\"l\($0)\",\"a\":{\"switch\":\"x\"},\"b\":{\"switch\":\"y\"},\"capacity\":1}"
        }
        let text = "{\"name\":\"x\",\"switches\":[{\"id\":\"z\"}],\"links\":[\(links.joined(separator: ",\n"))]}"
        #expect(faultLines(text).count == 20_000)
    }
}
