// Methods about links, measurements and switches' rules.

extension Method {
    var networkDescription: MethodDescription {
        switch self {
        case .topologyGet:
            MethodDescription(
                summary: "The network with the state and the reservations of every link", access: .read, params: [],
                result: .object([
                    .required("name", .text, "the topology's name"),
                    .required("switches", .list(.object(Shapes.switchNode), count: Shapes.any), "the switches"),
                    .required("hosts", .list(.object(Shapes.hostNode), count: Shapes.any), "the hosts"),
                    .required("links", .list(.object(Shapes.link), count: Shapes.any), "the directed links"),
                ]))
        case .topologyReplace:
            MethodDescription(
                summary: "Puts the flows on another topology, until the next restart", access: .change,
                params: [
                    .required("topology", .anyObject, "with the members of the topology document"),
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing"),
                ],
                result: .object([
                    .required(
                        "nodes",
                        .object([
                            .required("added", Shapes.nameList, "switches and hosts that are new"),
                            .required("removed", Shapes.nameList, "switches and hosts that are gone"),
                        ]), "switches and hosts"),
                    .required(
                        "links",
                        .object([
                            .required("added", Shapes.nameList, "directed links that are new"),
                            .required("removed", Shapes.nameList, "directed links that are gone"),
                            .required("changed", Shapes.nameList, "with other ends, capacity or latency"),
                        ]), "links between switches and to hosts"),
                    .required(
                        "moved", .list(.object(Shapes.moved), count: Shapes.any), "flows that take another path now"),
                    .required(
                        "preempted", .list(.object(Shapes.preempted), count: Shapes.any),
                        "flows that lost their place"),
                    .required("lost", Shapes.flowIDs, "flows that are over: the topology has not what they name"),
                    .optional("dryRun", .boolean, "true: nothing was changed"),
                ]))
        case .topologySetLink:
            MethodDescription(
                summary: "Takes a link up, down, or out of service without loss", access: .change,
                params: [
                    .required("link", .name, "ID for both directions, ID> or ID< for one; a switch for all its links"),
                    .required("state", .choice(Shapes.linkStates), "the new state"),
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing"),
                ],
                result: .object([
                    .required("links", .list(.object(Shapes.link), count: Shapes.any), "the links as they are now"),
                    .required(
                        "moved", .list(.object(Shapes.moved), count: Shapes.any), "flows that take another path now"),
                    .required(
                        "preempted", .list(.object(Shapes.preempted), count: Shapes.any),
                        "flows that lost their place"),
                    .required("returned", Shapes.flowIDs, "flows that found their place again"),
                    .required("remaining", Shapes.flowIDs, "flows that stay on a drained link for want of room"),
                    .optional("dryRun", .boolean, "true: nothing was changed"),
                ]))
        case .telemetryReport:
            MethodDescription(
                summary: "Measurements of links, from which the path choice learns", access: .agent,
                params: [
                    .required("samples", .list(.object(Shapes.sample), count: 0...Shapes.sampleLimit), "measurements")
                ],
                result: .object([
                    .required("accepted", .integer(0...Int.max), "samples that were taken"),
                    .required("refused", .integer(0...Int.max), "samples that were not"),
                    .required("reasons", .anyObject, "number of refused samples by reason"),
                    .required("moved", .list(.object(Shapes.moved), count: Shapes.any), "flows moved because of it"),
                    .optional("split", Shapes.flowIDs, "flows whose weights changed because of it"),
                ]))
        case .telemetryStatus:
            MethodDescription(
                summary: "What became of all measurements so far, from the socket and by UDP", access: .read,
                params: [],
                result: .object([
                    .required("accepted", .integer(0...Int.max), "samples that were taken"),
                    .required("refused", .integer(0...Int.max), "samples that were not"),
                    .required("reasons", .anyObject, "number of refused samples by reason"),
                    .required("moved", .integer(0...Int.max), "moves that learning made"),
                    .required("split", .integer(0...Int.max), "changes of weights that learning made"),
                    .required("automata", .integer(0...Int.max), "automata that there are now"),
                    .required(
                        "listening", .list(.text, count: Shapes.any), "addresses of the listener; none: it is off"),
                    .optional(
                        "udp",
                        .object([
                            .required("datagrams", .integer(0...Int.max), "datagrams that came"),
                            .required("reports", .integer(0...Int.max), "of them read, and neither duplicate nor late"),
                            .required("samples", .integer(0...Int.max), "measurements in them"),
                            .required(
                                "handedOver", .integer(0...Int.max), "of them given on: the newest of each link"),
                            .required(
                                "lost", .integer(0...Int.max), "reports that sequence numbers show to be missing"),
                            .required("refused", .integer(0...Int.max), "datagrams and hops that were not believed"),
                            .required("reasons", .anyObject, "number of them by reason"),
                        ]), "what the listener has seen"),
                ]))
        case .automataGet:
            MethodDescription(
                summary: "What was learned about the candidate paths of a flow, or of each flow", access: .read,
                params: [.optional("flow", .name, "only this flow")],
                result: .object([
                    .required("automata", .list(.object(Shapes.automaton), count: Shapes.any), "ordered by flow")
                ]))
        case .rulesGet:
            MethodDescription(
                summary: "Everything that a switch, or each switch, should hold", access: .read,
                params: [.optional("switch", .name, "only this switch")],
                result: .object([
                    .required(
                        "switches",
                        .list(
                            .object(
                                Shapes.switchRevision + [
                                    .required("owned", .boolean, "an agent confirms its revisions")
                                ] + Shapes.ruleSet), count: Shapes.any), "in the topology's order")
                ]))
        case .rulesSubscribe:
            MethodDescription(
                summary: "Follows the rules of switches: from now on each change arrives as rules.transaction",
                access: .agent,
                params: [
                    .optional("switches", .list(.name, count: 1...Int(Int32.max)), "only these; all where absent"),
                    .optional("sinceRevision", Shapes.revision, "what the subscriber already holds of each of them"),
                    .optional(
                        "own", .boolean, "own the switches: only the owner's acknowledgements release the next round"),
                ],
                result: .object([
                    .required(
                        "switches", .list(.object(Shapes.switchRevision), count: Shapes.any), "what is followed now")
                ]))
        case .rulesAcknowledge:
            MethodDescription(
                summary: "Confirms that a switch holds a revision, or says which rules it refused", access: .agent,
                params: [
                    .required("switch", .name, "the switch"),
                    .required("revision", Shapes.revision, "the revision that is in place"),
                    .optional(
                        "errors",
                        .list(
                            .object([
                                .required("cookie", .integer(0...(1 << 53) - 1), "cookie of the refused rule"),
                                .required("message", .text, "what the switch said"),
                            ]), count: 0...10_000), "rules that the switch refused"),
                ],
                result: .object([
                    .required("switch", .name, "the switch"),
                    .required("confirmedRevision", Shapes.revision, "the last revision confirmed"),
                ]))
        default: preconditionFailure("\(self) is described elsewhere")
        }
    }
}
