// Shapes that several methods share, and the words that members may hold. SluiceDaemon's tests hold the words against
// the control plane's own enumerations.

package enum Shapes {
    static let any = 0...Int(Int32.max)
    package static let batchLimit = 10_000
    /// Waypoints of one flow.
    package static let waypointLimit = 6
    package static let pageLimit = 1_000
    package static let sampleLimit = 100_000

    static let bandwidth = Schema.integer(0...(1 << 53) - 1)
    static let requestedBandwidth = Schema.integer(1...(1 << 53) - 1)
    static let revision = Schema.integer(0...(1 << 53) - 1)
    static let flowIDs = Schema.list(.name, count: any)
    static let nameList = Schema.list(.name, count: any)

    package static let flowStates = [
        "pending", "admitted", "active", "degraded", "preempted", "rejected", "withdrawn", "expired",
    ]
    package static let linkStates = ["up", "down", "drained"]
    package static let protections = ["none", "linkDisjoint", "nodeDisjoint"]
    package static let solverMethods = ["auto", "exact", "genetic", "memetic", "search", "greedy"]
    package static let eventKinds = [
        "flow.admitted", "flow.rejected", "flow.pending", "flow.preempted", "flow.moved", "flow.split", "flow.degraded",
        "flow.restored", "flow.active", "flow.updated", "flow.withdrawn", "flow.expired", "flow.interrupted",
        "link.changed",
        "rules.refused", "switch.owned", "switch.released", "optimization.finished", "policy.replaced",
        "topology.replaced",
    ]

    static let names = Schema.list(.name, count: 0...1_000)
    static let constraints: [Schema.Member] = [
        .optional("maxLatency", .integer(0...(1 << 53) - 1), "most microseconds along the path"),
        .optional("maxHops", .integer(1...Int(Int32.max)), "most links between switches"),
        .optional("avoid", names, "switches or links that the path must not use"),
        .optional("via", .list(.name, count: 0...waypointLimit), "switches or links that the path must use"),
        .optional(
            "affinity",
            .object([
                .optional("includeAny", names, "each link has at least one of these"),
                .optional("includeAll", names, "each link has all of these"),
                .optional("exclude", names, "each link has none of these"),
            ]), "administrative groups of the links (RFC 3209, section 4.7.4)"),
    ]
    /// Names as in OpenFlow 1.3 and ofctl_rest.
    static let match: [Schema.Member] = [
        .optional("eth_type", .integer(0...65_535), "EtherType"),
        .optional("eth_src", .text, "MAC address"),
        .optional("eth_dst", .text, "MAC address"),
        .optional("vlan_vid", .integer(0...4_094), "VLAN id; 0: untagged"),
        .optional("ip_proto", .integer(0...255), "IP protocol"),
        .optional("ip_dscp", .integer(0...63), "differentiated services code point"),
        .optional("ipv4_src", .text, "IPv4 address, also with /length"),
        .optional("ipv4_dst", .text, "IPv4 address, also with /length"),
        .optional("ipv6_src", .text, "IPv6 address, also with /length"),
        .optional("ipv6_dst", .text, "IPv6 address, also with /length"),
        .optional("tcp_src", .integer(0...65_535), "TCP port"),
        .optional("tcp_dst", .integer(0...65_535), "TCP port"),
        .optional("udp_src", .integer(0...65_535), "UDP port"),
        .optional("udp_dst", .integer(0...65_535), "UDP port"),
        .optional("sctp_src", .integer(0...65_535), "SCTP port"),
        .optional("sctp_dst", .integer(0...65_535), "SCTP port"),
    ]

    /// What `flow.update` may change; `flow.submit` takes the same.
    static let changeable: [Schema.Member] = [
        .optional("bandwidth", requestedBandwidth, "bit/s"),
        .optional("reverseBandwidth", requestedBandwidth, "bit/s of the companion flow ID~reverse"),
        .optional("minBandwidth", requestedBandwidth, "bit/s: accept this little where bandwidth does not fit"),
        .optional("class", .name, "class of the policy; not together with priority"),
        .optional("priority", .integer(0...Int(Int32.max)), "larger is more important; not together with class"),
        .optional("match", .object(match), "which packets belong to the flow"),
        .optional("constraints", .object(constraints), "what the path must satisfy"),
        .optional("protection", .choice(protections), "reserve a second, disjoint path"),
        .optional("lifetimeSeconds", .number(0.001...1e9), "expires after this time"),
    ]
    static let submission: [Schema.Member] =
        [
            .optional("id", .name, "name of the flow; chosen by the daemon where absent"),
            .required("source", .name, "a switch or a host"),
            .required("destination", .name, "a switch or a host"),
            .required("bandwidth", requestedBandwidth, "bit/s"),
        ] + changeable.filter { $0.name != "bandwidth" } + [
            .optional("startTime", .timestamp, "when it begins to reserve; at once where absent")
        ]

    static let rejection: [Schema.Member] = [
        .required("code", .text, "stable snake_case word"),
        .required("message", .text, "one sentence"),
        .required("proved", .boolean, "false: nothing was found, though something may exist"),
        .required(
            "bottlenecks",
            .list(
                .object([
                    .required("link", .name, "the link in the way"),
                    .required("residual", bandwidth, "bit/s that are left on it"),
                    .required("needed", bandwidth, "bit/s that the flow needs"),
                    .required("capacity", bandwidth, "bit/s that it can carry"),
                    .required("state", .choice(linkStates), "its state"),
                ]), count: any), "links without enough room on the path that came closest"),
        .required("wouldFitIf", .list(.anyObject, count: any), "each alone would let the flow in"),
    ]
    /// The paths of a split flow.
    static let shares = Schema.list(
        .object([
            .required("links", .list(.name, count: any), "links of the path"),
            .required("weight", .integer(1...65_535), "its part of the traffic, over the sum of all weights"),
        ]), count: any)
    static let flow: [Schema.Member] = [
        .required("id", .name, "name of the flow"),
        .required("state", .choice(flowStates), "where it stands"),
        .required("reasons", .list(.anyObject, count: any), "why, where the state alone does not say"),
        .required("source", .name, "where it comes from"),
        .required("destination", .name, "where it goes"),
        .required("bandwidth", bandwidth, "bit/s held where it is admitted, else asked for"),
        .required("requestedBandwidth", bandwidth, "bit/s asked for"),
        .required("priority", .integer(0...Int(Int32.max)), "larger is more important"),
        .optional("class", .name, "class of the policy"),
        .required("path", .list(.name, count: any), "switches and hosts, source first; empty without a path"),
        .required("links", .list(.name, count: any), "directed links of the path"),
        .optional("shares", shares, "all paths of a split flow, the one that gets most first"),
        .optional("latency", .integer(0...(1 << 53) - 1), "microseconds along the path"),
        .optional("backupLinks", .list(.name, count: any), "links of the second path"),
        .optional("protection", .choice(protections), "how it is protected"),
        .optional("match", .object(match), "which packets belong to it"),
        .optional("constraints", .object(constraints), "what its path must satisfy"),
        .optional("companion", .name, "the flow of the other direction"),
        .optional("startTime", .timestamp, "when it begins to reserve"),
        .optional("expires", .timestamp, "when it ends by itself"),
        .required("submitted", .timestamp, "when it was asked for"),
        .required("cookie", .integer(0...(1 << 53) - 1), "cookie of its rules"),
        .optional("rejection", .object(rejection), "why it was rejected"),
    ]
    static let preempted: [Schema.Member] = [
        .required("id", .name, "the flow that had to give way"),
        .required("priority", .integer(0...Int(Int32.max)), "its priority"),
        .required("bandwidth", bandwidth, "bit/s that it held"),
        .required("state", .choice(flowStates), "what became of it"),
    ]
    static let moved: [Schema.Member] = [
        .required("id", .name, "the flow"),
        .required("from", .list(.name, count: any), "links of its former path"),
        .required("to", .list(.name, count: any), "links of its present path"),
    ]
    static let flowResult = Schema.object([
        .required("flow", .object(flow), "the flow"),
        .optional("companion", .object(flow), "the flow of the other direction"),
        .required("preempted", .list(.object(preempted), count: any), "flows that had to give way"),
        .required("moved", .list(.object(moved), count: any), "flows that take another path now"),
        .required("returned", flowIDs, "flows that found their place in the room that was made"),
        .optional("rejection", .object(rejection), "why it was rejected"),
        .optional("dryRun", .boolean, "true: nothing was changed"),
    ])

    static let sample: [Schema.Member] = [
        .required("link", .name, "one direction: ID> or ID<, or ID of a directed link"),
        .optional("time", .timestamp, "when it was measured; now where absent"),
        .optional("utilisation", .number(0...1), "share of the capacity in use"),
        .optional("queueDepthBytes", .integer(0...(1 << 53) - 1), "bytes that wait"),
        .optional("latencyMicroseconds", .integer(0...(1 << 53) - 1), "delay of the link"),
        .optional("lossRatio", .number(0...1), "share of packets lost"),
    ]
    static let link: [Schema.Member] = [
        .required("id", .name, "directed link"),
        .required("from", .name, "switch or host it leaves"),
        .required("to", .name, "switch or host it reaches"),
        .optional("fromPort", .integer(1...Int(UInt32.max)), "port it leaves by"),
        .optional("toPort", .integer(1...Int(UInt32.max)), "port it arrives at"),
        .required("kind", .choice(["trunk", "access"]), "between switches, or between a host and its switch"),
        .required("state", .choice(linkStates), "its state"),
        .required("capacity", bandwidth, "bit/s it can carry"),
        .required("reservable", bandwidth, "bit/s that admission may hold"),
        .required("reserved", bandwidth, "bit/s that admission holds"),
        .required("residual", bandwidth, "bit/s that admission can still give"),
        .required("latency", .integer(0...(1 << 53) - 1), "microseconds"),
        .optional("affinity", .list(.name, count: any), "its administrative groups"),
        .optional("sharedRisk", .list(.name, count: any), "its shared-risk groups"),
        .required("flows", .integer(0...Int.max), "admitted flows that use it"),
        .optional("utilisation", .number(0...1), "what telemetry measured; not what is reserved"),
        .optional("heldUntil", .timestamp, "takes no flows before: it has failed repeatedly"),
        .optional(
            "classTypes",
            .list(
                .object([
                    .required("classType", .integer(0...7), "under rdm also those above count in"),
                    .required("limit", bandwidth, "bit/s that it may hold"),
                    .required("held", bandwidth, "bit/s that it holds"),
                ]), count: any), "pools under the policy's bandwidth constraints"),
    ]
    static let switchNode: [Schema.Member] = [
        .required("id", .name, "the switch"),
        .required("dpid", .integer(0...Int.max), "OpenFlow datapath id"),
        .optional(
            "location",
            .object([
                .required("latitude", .number(-90...90), "degrees"),
                .required("longitude", .number(-180...180), "degrees"),
            ]), "where it stands"),
        .optional("ruleCapacity", .integer(0...Int.max), "rules its tables hold"),
    ]
    static let hostNode: [Schema.Member] = [
        .required("id", .name, "the host"),
        .optional("mac", .text, "MAC address"),
        .optional("ipv4", .text, "IPv4 address"),
        .optional("ipv6", .text, "IPv6 address"),
        .optional(
            "attachment",
            .object([
                .required("switch", .name, "the switch it hangs on"),
                .required("port", .integer(1...Int(UInt32.max)), "the switch's port"),
            ]), "where it hangs"),
    ]
    static let switchRevision: [Schema.Member] = [
        .required("switch", .name, "the switch"),
        .required("dpid", .integer(0...Int.max), "its datapath id"),
        .required("revision", revision, "of its desired state"),
        .required("confirmedRevision", revision, "the last one that its owner confirmed"),
    ]
    static let automaton: [Schema.Member] = [
        .required("flow", .name, "the flow"),
        .required("decisionSwitch", .name, "where its candidate paths part"),
        .required("endSwitch", .name, "where they have all come together again"),
        .required(
            "candidates",
            .list(
                .object([
                    .required("links", .list(.name, count: any), "links of the path"),
                    .required("probability", .number(0...1), "how much the automaton prefers it"),
                    .optional("reward", .number(0...1), "present reward; absent where not every link was measured"),
                    .required("present", .boolean, "the flow takes it now"),
                    .optional("weight", .integer(0...65_535), "of a split flow: what the path gets"),
                ]), count: any), "its candidate paths"),
        .required("choices", .list(.object(event), count: any), "where it was put and why, oldest first"),
    ]
    /// Objects as ofctl_rest has them.
    static let ruleSet: [Schema.Member] = [
        .required("meters", .list(.anyObject, count: any), "meters, as ofctl_rest has them"),
        .required("groups", .list(.anyObject, count: any), "groups, as ofctl_rest has them"),
        .required("flows", .list(.anyObject, count: any), "flow entries, as ofctl_rest has them"),
    ]
    static let optimization: [Schema.Member] = [
        .required(
            "status", .choice(["optimal", "feasible", "unchanged", "outdated", "failed"]),
            "optimal and feasible: adopted"),
        .required("method", .text, "what found the solution"),
        .required("objective", .integer(0...Int.max), "sum of the weights of the admitted flows"),
        .required("objectiveBefore", .integer(0...Int.max), "the same before"),
        .required("bound", .integer(0...Int.max), "no solution is better than this"),
        .required("gap", .number(0...Double.infinity), "(bound - objective) / max(1, objective)"),
        .optional("elapsedSeconds", .number(0...Double.infinity), "wall time of the search"),
        .required("moves", .list(.object(moved), count: any), "flows that take another path now"),
        .required("preempted", .list(.object(preempted), count: any), "flows that lost their place"),
        .required("returned", flowIDs, "flows that found their place"),
        .required("frozen", .integer(0...Int.max), "flows that stayed where they are: the solver cannot model them"),
        .required("movesLeftOut", .integer(0...Int.max), "moves left out for maxMoves or for want of a safe order"),
        .optional("failure", .text, "why it failed"),
        .optional("dryRun", .boolean, "true: nothing was changed"),
    ]
    static let event: [Schema.Member] = [
        .required("number", .integer(0...Int.max), "counts the events since the start"),
        .required("time", .timestamp, "when it happened"),
        .required("kind", .choice(eventKinds), "what happened"),
        .optional("flow", .name, "the flow"),
        .optional("link", .name, "the link"),
        .optional("switch", .name, "the switch"),
        .optional("state", .choice(linkStates), "the link's new state"),
        .optional("links", .list(.name, count: any), "the flow's path"),
        .optional("formerLinks", .list(.name, count: any), "the flow's former path"),
        .optional("shares", shares, "all paths of a split flow"),
        .optional("moveReason", .text, "why the flow moved"),
        .optional("by", .name, "the flow that it made room for"),
        .optional("formerReward", .number(-Double.infinity...Double.infinity), "expected reward of the former path"),
        .optional("reward", .number(-Double.infinity...Double.infinity), "expected reward of the path"),
        .optional("reason", .anyObject, "why the flow is where it is"),
        .optional("rejection", .text, "code of the rejection"),
        .optional("message", .text, "the fact in words"),
    ]
}
