import SluiceModel
import Testing

/// Switches a, b, c in a triangle; host h on a.
func triangle() throws -> Topology {
    try Topology(
        name: "triangle",
        nodes: ["a", "b", "c"].map { Node(id: NodeID($0), kind: .switch(Switch())) } + [
            Node(id: NodeID("h"), kind: .host(Host(ipv4: IPv4Prefix(text: "10.0.0.1"))))
        ],
        cables: [
            Cable(
                id: "ab", a: .init(node: NodeID("a"), port: PortNumber(2)), b: .init(node: NodeID("b")),
                capacity: .gigabits(10), latency: Latency(microseconds: 100), affinity: ["gold"],
                sharedRisks: ["duct 7"]),
            Cable(
                id: "bc", a: .init(node: NodeID("b")), b: .init(node: NodeID("c")), capacity: .gigabits(1),
                latency: Latency(microseconds: 50)),
            Cable(
                id: "ca", a: .init(node: NodeID("c")), b: .init(node: NodeID("a")), capacity: .gigabits(1),
                reservable: .megabits(500), isDirected: true),
            .access(of: NodeID("h"), to: .init(node: NodeID("a"))),
        ])
}

@Suite struct TopologyTests {
    @Test func `a full-duplex cable becomes two directed links that know each other`() throws {
        let topology = try triangle()
        let forward = topology[try #require(topology.index(of: LinkID("ab>")))]
        let backward = topology[try #require(topology.index(of: LinkID("ab<")))]
        #expect(forward.reverse == backward.index)
        #expect(backward.reverse == forward.index)
        #expect(topology[forward.from].id == NodeID("a"))
        #expect(topology[backward.from].id == NodeID("b"))
        #expect(forward.cable == backward.cable)
    }

    @Test func `a directed cable keeps its bare name and has one direction`() throws {
        let topology = try triangle()
        let link = topology[try #require(topology.index(of: LinkID("ca")))]
        #expect(link.reverse == nil)
        #expect(link.reservable == .megabits(500))
        #expect(topology.links(named: "ca") == [link.index])
        #expect(topology.index(of: LinkID("ca>")) == nil)
    }

    @Test func `a reference names both directions or one`() throws {
        let topology = try triangle()
        #expect(topology.links(named: "bc").map { topology[$0].id.text } == ["bc>", "bc<"])
        #expect(topology.links(named: "bc<").map { topology[$0].id.text } == ["bc<"])
        #expect(topology.links(named: "xy").isEmpty)
    }

    @Test func `ports and datapaths that are left out get the lowest free numbers`() throws {
        let topology = try triangle()
        let ab = topology[try #require(topology.index(of: LinkID("ab>")))]
        let ca = topology[try #require(topology.index(of: LinkID("ca")))]
        #expect(ab.fromPort == PortNumber(2))
        #expect(ab.toPort == PortNumber(1))
        #expect(ca.toPort == PortNumber(1), "port 2 of a is taken by the document")
        #expect(topology.switches.map { topology.datapath(of: $0)?.raw } == [1, 2, 3])
    }

    @Test func `a host hangs on its switch by an access link`() throws {
        let topology = try triangle()
        let host = try #require(topology.index(of: NodeID("h")))
        let attachment = try #require(topology.attachment(of: host))
        #expect(topology[attachment.switch].id == NodeID("a"))
        #expect(attachment.port == PortNumber(3))
        #expect(topology.index(of: LinkID("access:h>")) != nil)
        #expect(topology.attachment(of: attachment.switch) == nil)
    }

    @Test func `links leaving a node are found`() throws {
        let topology = try triangle()
        let a = try #require(topology.index(of: NodeID("a")))
        #expect(topology.links(leaving: a).map { topology[$0].id.text } == ["ab>", "access:h<"])
    }

    @Test func `strong connection needs every node to reach every other`() throws {
        #expect(try triangle().isStronglyConnected)
        let island = try Topology(
            name: "island", nodes: ["a", "b"].map { Node(id: NodeID($0), kind: .switch(Switch())) }, cables: [])
        #expect(!island.isStronglyConnected)
    }

    @Test func `every issue is reported at once`() {
        func end(_ name: String, _ port: UInt32? = nil) -> Cable.End {
            Cable.End(node: NodeID(name), port: port.map { PortNumber($0) })
        }
        let error = #expect(throws: InvalidTopology.self) {
            try Topology(
                name: "bad",
                nodes: [
                    Node(id: NodeID("a"), kind: .switch(Switch(datapath: DatapathID(1)))),
                    Node(id: NodeID("b"), kind: .switch(Switch(datapath: DatapathID(1)))),
                    Node(id: NodeID("a"), kind: .switch(Switch())),
                    Node(id: NodeID("h"), kind: .host(Host())),
                ],
                cables: [
                    Cable(id: "l", a: end("a", 1), b: end("a"), capacity: .gigabits(1)),
                    Cable(id: "l", a: end("a", 1), b: end("nowhere"), capacity: .zero),
                    Cable(id: "m", a: end("a"), b: end("h"), capacity: .megabits(1), reservable: .megabits(2)),
                ])
        }
        #expect(
            error?.issues.map(\.problem) == [
                .duplicateDatapath(DatapathID(1)), .duplicateNode(NodeID("a")), .selfLoop(NodeID("a")),
                .duplicateCable("l"), .portTaken(PortNumber(1), of: NodeID("a")), .unknownNode(NodeID("nowhere")),
                .zeroCapacity, .hostTransit(NodeID("h")), .reservableAboveCapacity,
                .hostWithoutAttachment(NodeID("h")),
            ])
        for issue in error?.issues ?? [] {
            #expect(!issue.problem.text.problem.isEmpty)
            #expect(!issue.problem.text.remedy.isEmpty)
        }
    }

    @Test func `two cables may not lay claim to one link name`() {
        let nodes = ["a", "b"].map { Node(id: NodeID($0), kind: .switch(Switch())) }
        let a = Cable.End(node: NodeID("a"))
        let b = Cable.End(node: NodeID("b"))
        let error = #expect(throws: InvalidTopology.self) {
            try Topology(
                name: "clash", nodes: nodes,
                cables: [
                    Cable(id: "x", a: a, b: b, capacity: .gigabits(1)),
                    Cable(id: "x<", a: a, b: b, capacity: .gigabits(1), isDirected: true),
                ])
        }
        #expect(error?.issues.map(\.problem) == [.duplicateCable("x<")])
    }
}
