import SluiceForwarding
import SluiceModel
import Testing

@Suite struct SplitPathsTests {
    private func path(_ links: [LinkIndex], in topology: Topology) throws -> Path {
        try #require(Path(links, in: topology))
    }

    /// The path over the named nodes.
    private func path(_ nodes: [String], in topology: Topology) throws -> Path {
        let links = try zip(nodes, nodes.dropFirst()).map { from, to in
            try #require(
                topology.links.first { topology[$0.from].id.text == from && topology[$0.to].id.text == to }?.index)
        }
        return try path(links, in: topology)
    }

    @Test func `a switch divides by the weights of the paths that go each way`() throws {
        let topology = try UpdatePlanTests.mesh(5)
        let paths = try [
            ["h0", "s0", "s1", "s2", "s4", "h4"], ["h0", "s0", "s1", "s3", "s4", "h4"], ["h0", "s0", "s4", "h4"],
        ].map { try path($0, in: topology) }
        let split = try #require(SplitPaths(paths, weights: [5, 3, 8], in: topology))
        var carried: [LinkIndex: Int] = [:]
        for hop in split.hops { for way in hop.onward { carried[way.link, default: 0] += way.weight } }
        for link in Set(paths.flatMap(\.links)).subtracting([paths[0].links[0]]) {
            let expected = zip(paths, [5, 3, 8]).filter { $0.0.links.contains(link) }.map(\.1).reduce(0, +)
            #expect(carried[link] == expected, "\(topology[link].id)")
        }
        let flow = FlowForwarding(
            cookie: 2, match: UpdatePlanTests.match(0, 4), path: paths[0].links, split: split, firstGroup: 1_024)
        let rules = FlowRules(compiling: flow, in: topology)
        let groups = rules.rules.compactMap(\.group)
        #expect(groups.map { $0.buckets.compactMap(\.weight) } == [[8, 8], [5, 3]])
        #expect(rules.rules.first?.switch == topology.index(of: NodeID("s0")))
        #expect(Set(rules.rules.map { "\($0.switch) \($0.rule.key)" }).count == rules.rules.count, "a row each")
    }

    @Test func `paths that use links in opposite order do not go together`() throws {
        let topology = try UpdatePlanTests.mesh(7)
        let first = try path(["h0", "s0", "s1", "s2", "s3", "s4", "s6", "h6"], in: topology)
        let second = try path(["h0", "s0", "s3", "s4", "s1", "s2", "s6", "h6"], in: topology)
        #expect(SplitPaths([first, second], weights: [1, 1], in: topology) == nil)
        #expect(SplitPaths([first], weights: [1], in: topology) != nil)
    }

    @Test(arguments: 1...60)
    func `a packet arrives by every way after every single change between splits`(seed: UInt64) throws {
        let topology = try UpdatePlanTests.mesh(6)
        let tracer = PacketTracer(topology)
        var stream = RandomStream(seed: seed, purpose: "splits")
        var states: [NodeIndex: SwitchState] = [:]
        let source = try UpdatePlanTests.host(0, in: topology)
        let destination = try UpdatePlanTests.host(5, in: topology)
        let packet = Packet(fields: UpdatePlanTests.match(0, 5))
        var installed = FlowRules()
        var groupsSeen = 0
        for step in 0..<12 {
            var paths: [Path] = []
            for _ in 0..<(1 + stream.below(4)) {
                let links = try UpdatePlanTests.path(from: 0, to: 5, in: topology, using: &stream)
                let path = try path(links, in: topology)
                let weights = (0...paths.count).map { _ in 1 + stream.below(9) }
                if !paths.contains(path), SplitPaths(paths + [path], weights: weights, in: topology) != nil {
                    paths.append(path)
                }
            }
            let weights = paths.map { _ in 1 + stream.below(9) }
            let split = paths.count > 1 ? SplitPaths(paths, weights: weights, in: topology) : nil
            let flow = FlowForwarding(
                cookie: 8, match: UpdatePlanTests.match(0, 5), label: seed % 2 == 0 ? 20 : nil,
                meter: Meter(id: 1, bandwidth: .megabits(1), burstMilliseconds: 100), path: paths[0].links,
                split: split, firstGroup: 4_096)
            let target = FlowRules(compiling: flow, in: topology)
            for round in UpdatePlan.rounds(from: installed, to: target) {
                for change in round.shuffled(using: &stream) {
                    states[change.switch, default: SwitchState()].apply(change.change)
                    if step == 0 { continue }
                    let fate = tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() }
                    #expect(fate == .delivered(destination), "seed \(seed), step \(step)")
                }
            }
            #expect(tracer.fate(of: packet, from: source) { states[$0] ?? SwitchState() } == .delivered(destination))
            #expect(states.values.reduce(0) { $0 + $1.rules.count } == target.rules.count)
            let groups = states.values.reduce(0) { $0 + $1.groups.count }
            #expect(groups == target.rules.count { $0.group != nil }, "no group is left over")
            groupsSeen += groups
            installed = target
        }
        #expect(groupsSeen > 0)
        for round in UpdatePlan.rounds(from: installed, to: FlowRules()) {
            for change in round { states[change.switch, default: SwitchState()].apply(change.change) }
        }
        let left = states.values.count { !$0.isEmpty }
        #expect(left == 0)
    }

    @Test func `other weights change the group alone`() throws {
        let topology = try UpdatePlanTests.mesh(4)
        let paths = try [["h0", "s0", "s1", "s3", "h3"], ["h0", "s0", "s2", "s3", "h3"]].map {
            try path($0, in: topology)
        }
        let rules = try [[12, 4], [8, 8]].map { weights in
            let split: SplitPaths = try #require(SplitPaths(paths, weights: weights, in: topology))
            let flow = FlowForwarding(
                cookie: 2, match: UpdatePlanTests.match(0, 3), path: paths[0].links, split: split, firstGroup: 1_024)
            return FlowRules(compiling: flow, in: topology)
        }
        let rounds = UpdatePlan.rounds(from: rules[0], to: rules[1])
        #expect(rounds.count == 1)
        let change = try #require(rounds.first?.first?.change)
        #expect(change.rules.isEmpty && change.deletedGroups.isEmpty && change.groups.count == 1)
        #expect(change.groups.first?.buckets.compactMap(\.weight) == [8, 8])
    }
}
