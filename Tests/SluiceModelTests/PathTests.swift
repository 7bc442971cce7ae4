import SluiceModel
import Testing

@Suite struct PathTests {
    private func path(_ names: [String], in topology: Topology) throws -> Path? {
        Path(try names.map { try #require(topology.index(of: LinkID($0))) }, in: topology)
    }

    @Test func `links that join make a path`() throws {
        let topology = try triangle()
        let path = try #require(try path(["access:h>", "ab>", "bc>"], in: topology))
        #expect(path.nodes(in: topology).map { topology[$0].id.text } == ["h", "a", "b", "c"])
        #expect(path.latency(in: topology) == Latency(microseconds: 150))
    }

    @Test(arguments: [[], ["ab>", "ca"], ["ab>", "ab<"], ["ab>", "bc>", "ca"]])
    func `links that are none, do not join or come back make no path`(names: [String]) throws {
        let topology = try triangle()
        #expect(try path(names, in: topology) == nil)
    }

    @Test func `constraints judge the whole path`() throws {
        let topology = try triangle()
        let path = try #require(try path(["access:h>", "ab>", "bc>"], in: topology))
        let b = try #require(topology.index(of: NodeID("b")))
        let c = try #require(topology.index(of: NodeID("c")))
        let gold = AffinityBits(rawValue: 1)
        #expect(FlowConstraints.none.accept(path, in: topology))
        #expect(FlowConstraints(maxLatency: Latency(microseconds: 150)).accept(path, in: topology))
        #expect(!FlowConstraints(maxLatency: Latency(microseconds: 149)).accept(path, in: topology))
        #expect(FlowConstraints(maxHops: 2).accept(path, in: topology), "the access link is no hop")
        #expect(!FlowConstraints(maxHops: 1).accept(path, in: topology))
        #expect(!FlowConstraints(avoidNodes: [b]).accept(path, in: topology))
        #expect(FlowConstraints(avoidNodes: [c]).accept(path, in: topology), "an end is never avoided")
        #expect(!FlowConstraints(avoidLinks: topology.links(named: "bc")).accept(path, in: topology))
        #expect(FlowConstraints(via: [.node(b), .link(topology.links(named: "bc"))]).accept(path, in: topology))
        #expect(!FlowConstraints(via: [.link(topology.links(named: "ca"))]).accept(path, in: topology))
        #expect(!FlowConstraints(affinity: AffinityConstraint(includeAll: gold)).accept(path, in: topology))
        #expect(!FlowConstraints(affinity: AffinityConstraint(exclude: gold)).accept(path, in: topology))
    }

    @Test func `an affinity constraint tells any, all and none apart`() {
        let gold = AffinityBits(rawValue: 1)
        let silver = AffinityBits(rawValue: 2)
        let both = gold.union(silver)
        let cases: [(AffinityConstraint, AffinityBits, Bool)] = [
            (.none, [], true), (.init(includeAny: both), gold, true), (.init(includeAny: both), [], false),
            (.init(includeAll: both), gold, false), (.init(includeAll: both), both, true),
            (.init(exclude: both), gold, false), (.init(exclude: silver), gold, true),
        ]
        for (constraint, link, accepted) in cases { #expect(constraint.accepts(link) == accepted) }
    }
}
