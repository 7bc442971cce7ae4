// Semi-random networks: a ring through all switches, so that one cut separates nobody, and chords, with degrees like
// those of backbones. Each switch has a host.

import SluiceModel

enum SimulatedNetwork {
    static func make(switches count: Int, stream: inout RandomStream) -> Topology {
        precondition(count >= 4, "a network of at least four switches")
        var nodes: [Node] = []
        var cables: [Cable] = []
        for number in 0..<count {
            nodes.append(
                Node(id: NodeID("s\(number)"), kind: .switch(Switch(datapath: DatapathID(UInt64(number + 1))))))
        }
        for number in 0..<count {
            // Half of the hosts have addresses, and with them rules by which they are found.
            let address = number % 2 == 0 ? IPv4Prefix(0x0a00_0000 + UInt32(number + 1)) : nil
            nodes.append(Node(id: NodeID("h\(number)"), kind: .host(Host(ipv4: address))))
            cables.append(Cable.access(of: NodeID("h\(number)"), to: Cable.End(node: NodeID("s\(number)"))))
        }
        var joined: Set<[Int]> = []
        func join(_ a: Int, _ b: Int, _ stream: inout RandomStream) {
            guard a != b, joined.insert([min(a, b), max(a, b)]).inserted else { return }
            cables.append(
                Cable(
                    id: "l\(min(a, b))-\(max(a, b))", a: Cable.End(node: NodeID("s\(a)")),
                    b: Cable.End(node: NodeID("s\(b)")), capacity: .gigabits(stream.below(4) == 0 ? 2 : 1),
                    latency: Latency(microseconds: 200 + stream.below(3_000)), affinity: [],
                    sharedRisks: []))
        }
        for number in 0..<count { join(number, (number + 1) % count, &stream) }
        for _ in 0..<(count * 3 / 5 + stream.below(count / 4 + 1)) {
            join(stream.below(count), stream.below(count), &stream)
        }
        do {
            return try Topology(name: "simulated", nodes: nodes, cables: cables)
        } catch {
            preconditionFailure("the network has faults: \(error.issues)")
        }
    }

    /// Policies that differ in everything that bears on admission.
    static func policy(_ stream: inout RandomStream, isPlain: Bool) -> Policy {
        var policy = Policy.standard
        if isPlain { return policy }
        policy.learning.dwellSeconds = 2
        policy.classes = [
            TrafficClass(name: "standard", priority: 2),
            TrafficClass(name: "signalled", priority: 3, setup: 5, hold: 2),
            TrafficClass(name: "voice", priority: 4, classType: 1),
            TrafficClass(name: "control", priority: 4, preemptable: false, classType: 2),
            TrafficClass(name: "bulk", priority: 1, mayPreempt: false),
        ]
        policy.admission.groomingMoves = stream.below(4)
        policy.admission.preemption = stream.below(6) > 0
        policy.damping.holdDownSeconds = Double(stream.below(3))
        policy.damping.growthSeconds = Double(stream.below(4))
        if stream.below(4) == 0 { policy.reoptimisation.afterChangeSeconds = 5 }
        switch stream.below(4) {
        case 0: policy.bandwidthConstraints = BandwidthConstraints(model: .mam, shares: [700_000, 400_000, 333_333])
        case 1: policy.bandwidthConstraints = BandwidthConstraints(model: .rdm, shares: [1_000_000, 600_000, 333_333])
        default: break
        }
        policy.unadmitted = stream.below(6) == 0 ? .bestEffort : .drop
        if stream.below(3) == 0 { policy.learning.action = .split }
        return policy
    }
}
