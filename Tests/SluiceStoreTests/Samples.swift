// Records in which nothing is left out: every optional has a value, every list an element.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel

enum Samples {
    static let match: FlowMatch = {
        var match = FlowMatch()
        match.etherType = 0x86dd
        match.etherSource = HardwareAddress(0x0200_0000_0001)
        match.etherDestination = HardwareAddress(0x0200_0000_0002)
        match.vlan = 12
        match.ipProtocol = 6
        match.dscp = 46
        match.ipv4Source = IPv4Prefix(0x0a00_0000, length: 8)
        match.ipv4Destination = IPv4Prefix(0x0a01_0203)
        match.ipv6Source = IPv6Prefix(0x2001_0db8 << 96, length: 32)
        match.ipv6Destination = IPv6Prefix(0x2001_0db8 << 96 | 1)
        match.sourcePort = 1_234
        match.destinationPort = 443
        match.arpTarget = IPv4Prefix(0x0a00_0001)
        match.icmpv6Type = 135
        match.neighbourTarget = IPv6Prefix(7)
        return match
    }()

    static let request = FlowRequest(
        id: FlowID("f\"1"), source: NodeID("a"), destination: NodeID("b"), bandwidth: .megabits(3),
        reverseBandwidth: .megabits(2), minBandwidth: .megabits(1), className: "gold", priority: 4, match: match,
        constraints: ConstraintRequest(
            maxLatency: Latency(microseconds: 900), maxHops: 3, avoid: ["x"], via: ["y", "l1>"], includeAny: ["red"],
            includeAll: ["blue"], exclude: ["old"]),
        protection: .nodeDisjoint, start: Instant(nanoseconds: 1_700_000_000_123_456_789), lifetimeSeconds: 12.5)

    static let flow = Flow(
        id: FlowID("f\"1"), source: NodeIndex(0), destination: NodeIndex(9), bandwidth: .megabits(3),
        minBandwidth: .megabits(1), priority: FlowPriority(4), className: "gold", match: match,
        constraints: FlowConstraints(
            maxLatency: Latency(microseconds: 900), maxHops: 3, avoidNodes: [NodeIndex(2)], avoidLinks: [LinkIndex(5)],
            via: [.node(NodeIndex(3)), .link([LinkIndex(1), LinkIndex(2)])],
            affinity: AffinityConstraint(
                includeAny: AffinityBits(rawValue: 1), includeAll: AffinityBits(rawValue: 2),
                exclude: AffinityBits(rawValue: 1 << 63))),
        protection: .linkDisjoint, start: Instant(nanoseconds: -5), lifetimeSeconds: 0.1)

    static let reasons: [FlowReason] = [
        .waitsForStart(Instant(nanoseconds: 4)), .preemptedBy(FlowID("g")), .linkLost(LinkID("l1>")),
        .displacedByOptimization, .reducedBandwidth(wanted: .megabits(5)), .unprotected,
        .installationFailed(switch: NodeID("s"), message: "no \u{1F600}"), .reservesOnly,
    ]

    static let occurrence: Occurrence = {
        var value = Occurrence(number: 1 << 60, time: Instant(nanoseconds: 77), kind: .flowMoved)
        value.flow = FlowID("f")
        value.link = LinkID("l1<")
        value.switch = NodeID("s")
        value.linkState = .drained
        value.path = [LinkID("l1>"), LinkID("l2>")]
        value.formerPath = [LinkID("l3>")]
        value.shares = [PathShare(links: [LinkID("l1>")], weight: 3)]
        value.moveReason = .learning
        value.by = FlowID("w")
        value.rewards = (0.25, 0.75)
        value.reason = .linkLost(LinkID("l1>"))
        value.rejectionCode = .outranked
        value.message = "said"
        return value
    }()

    static let meter = Meter(id: 9, rateKilobitsPerSecond: 3_000, burstKilobits: 300)

    static let carrier = CarrierRecord.UnderWay(
        number: 44, level: 4,
        rules: [
            PlacedRule(
                switch: NodeIndex(4),
                rule: Rule(
                    key: Rule.Key(
                        table: 1, priority: 900, match: RuleMatch(inPort: PortNumber(3), fields: match)), cookie: 44,
                    actions: [
                        .meter(9), .setDSCP(46), .group(8), .output(PortNumber(0xffff_fffe)), .pushLabel, .setLabel(17),
                        .popLabel(etherType: 0x800),
                    ])),
            PlacedRule(
                switch: NodeIndex(5),
                rule: Rule(
                    key: Rule.Key(table: 0, priority: 8_192, match: RuleMatch(label: 17)), cookie: 44,
                    actions: [.output(PortNumber(1))]),
                group: Group(
                    id: 8, kind: .select,
                    buckets: [Group.Bucket(weight: 3, watchPort: PortNumber(2), actions: [.output(PortNumber(2))])])),
        ], meter: meter, targetMeter: meter,
        occupied: [CarrierRecord.Occupied(link: LinkIndex(3), bandwidth: .megabits(3))], hasFailed: true,
        isStale: true, isInterrupted: true)

    static let flowRecord = FlowRecord(
        number: 44, client: ClientID(5), submitted: Instant(nanoseconds: 3), request: request,
        directions: [flow, flow],
        weight: 7, mayPreempt: true, yields: true,
        engineering: EngineeringRecord(setup: 3, hold: 5, classType: 2), state: .degraded, reasons: reasons,
        placement: [
            PlacementRecord(
                bandwidth: .megabits(2), path: [LinkIndex(0), LinkIndex(1)], backup: [LinkIndex(2)],
                split: [PlacementRecord.Share(path: [LinkIndex(0)], weight: 2)])
        ], expires: Instant(nanoseconds: .max), placedAt: Instant(nanoseconds: 8), isKeptWhole: true,
        refusedBy: [NodeIndex(1)],
        blockedBy: [LinkIndex(6)],
        labels: [16, nil], formerLabels: [17, 18], history: [occurrence], awaitsGrowth: true,
        carriers: [.underWay(carrier), .settled(meter: meter)])

    static let rejection = Rejection(
        code: .noCapacity, detail: .ruleCapacity(NodeID("s"), 10),
        bottlenecks: [
            Rejection.Bottleneck(
                link: LinkID("l"), residual: .zero, needed: .megabits(1), capacity: .unlimited, state: .down)
        ],
        wouldFitIf: [
            .bandwidth(atMost: .megabits(1)), .latency(atLeast: Latency(microseconds: 3)), .flowsGone([FlowID("g")]),
            .flowsMoved([FlowID("h")]),
            .priority(atLeast: 9), .linksUp([LinkID("l")]),
        ])

    static let details: [Rejection.Detail] = [
        .bandwidthAboveClassLimit(.megabits(1)), .conflictsWith(FlowID("g")), .flowLimit(4), .clientFlowLimit(5),
        .waypoints(["s2", "s3"]),
        .ruleCapacity(NodeID("s"), 6), .abortedBy(FlowID("h")), .fastestLatency(Latency(microseconds: 4)),
        .labelsExhausted,
    ]

    static let view = FlowView(
        id: FlowID("e"), state: .rejected, reasons: reasons, source: NodeID("a"), destination: NodeID("b"),
        bandwidth: .megabits(1), requestedBandwidth: .megabits(2), priority: 3, className: "gold",
        path: [NodeID("a"), NodeID("b")], links: [LinkID("l")], latency: Latency(microseconds: 1),
        shares: [PathShare(links: [LinkID("l")], weight: 1)], backupLinks: [LinkID("m")], protection: .linkDisjoint,
        match: match, constraints: request.constraints,
        companion: FlowID("e~reverse"), start: Instant(nanoseconds: 1), expires: Instant(nanoseconds: 2),
        submitted: Instant(nanoseconds: 3), cookie: 1 << 52, rejection: rejection)

    /// One of each kind, and more where a kind has forms.
    static var records: [PlaneChange] {
        var records: [(RecordKey, PlaneRecord)] = [
            (
                .directory,
                .directory(
                    TopologyDirectory(
                        nodes: [NodeID("a"), NodeID("b")], links: [LinkID("l>"), LinkID("l<")],
                        fingerprint: .max))
            ),
            (
                .counters,
                .counters(
                    PlaneCounters(
                        revision: 9, nextNumber: 1 << 53, nextName: 4, occurrences: 8, decisions: 3,
                        passesUnadmitted: true, reachabilityIsSettled: true))
            ),
            (
                .link(1),
                .link(
                    LinkRecord(
                        state: .drained, failures: 3, lastFailure: Instant(nanoseconds: 5),
                        heldUntil: Instant(nanoseconds: 6)))
            ), (.switch(2), .switch(revision: 1_764_000_000_000_000)),
            (.slot(0), .flow(flowRecord)),
            (.slot(1), .leaving(LeavingRecord(labels: [16], carriers: [nil, .settled(meter: nil)]))),
        ]
        for (order, detail) in details.enumerated() {
            var view = view
            view.rejection?.detail = detail
            records.append((.ended(UInt64(order)), .ended(EndedRecord(view: view, history: [occurrence]))))
        }
        records.append(
            (
                .automaton(3),
                .automaton(
                    AutomatonRecord(
                        paths: [[LinkIndex(1)], [LinkIndex(2)]], probabilities: [0.25, 0.75],
                        estimates: [.init(mean: 0.1, count: 3), .init(mean: 0.9, count: 1 << 40)]))
            ))
        return records.map { PlaneChange(key: $0.0, record: $0.1) }
    }
}
