// Methods about the whole: optimisation, policy, events, the daemon itself.

extension Method {
    var systemDescription: MethodDescription {
        switch self {
        case .optimizeRun:
            MethodDescription(
                summary: "Looks for a better placement of all flows and adopts it; answers when it is done",
                access: .change,
                params: [
                    .optional(
                        "budgetSeconds", .number(0.001...3_600), "wall time of the search; the policy's where absent"),
                    .optional("method", .choice(Shapes.solverMethods), "the policy's where absent"),
                    .optional(
                        "maxMoves", .integer(0...Int(Int32.max)), "most flows to move; the policy's where absent"),
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing"),
                ],
                result: .object(Shapes.optimization))
        case .optimizeStatus:
            MethodDescription(
                summary: "Whether an optimisation runs, and what the last one found", access: .read, params: [],
                result: .object([
                    .required("running", .boolean, "one runs now"),
                    .optional("started", .timestamp, "when it began"),
                    .optional("last", .object(Shapes.optimization), "what the last one found"),
                    .optional("lastFinished", .timestamp, "when it ended"),
                ]))
        case .policyGet:
            MethodDescription(
                summary: "The policy in force", access: .read, params: [],
                result: .object([.required("policy", .anyObject, "with the keys of the policy document")]))
        case .policyReplace:
            MethodDescription(
                summary: "Puts another policy in force until the next reload or restart", access: .change,
                params: [
                    .required(
                        "policy", .anyObject,
                        "with the keys of the policy document; what is absent has its default, as in a file")
                ],
                result: .object([
                    .required(
                        "flowsOfRemovedClasses", .integer(0...Int.max),
                        "live flows whose class is gone; they keep their priority")
                ]))
        case .eventsSubscribe:
            MethodDescription(
                summary: "Follows what happens: from now on each event arrives as a notification", access: .read,
                params: [
                    .optional(
                        "kinds", .list(.choice(Shapes.eventKinds), count: 1...Shapes.eventKinds.count),
                        "only these; all where absent")
                ],
                result: .object([
                    .required("subscribed", .boolean, "true: events follow")
                ]))
        case .systemReload:
            MethodDescription(
                summary: "Reads the policy again; the old one stays where the new one has faults", access: .change,
                params: [],
                result: .object([
                    .required("policy", .choice(["replaced", "unchanged", "none"]), "what became of the policy"),
                    .required(
                        "topology", .choice(["unchanged", "changed"]),
                        "changed: the file differs from what runs, which a restart would take up"),
                    .optional(
                        "flowsOfRemovedClasses", .integer(0...Int.max),
                        "live flows whose class is gone; they keep their priority"),
                ]))
        case .systemMetrics:
            MethodDescription(
                summary: "Counters and gauges of the daemon and the network, as Prometheus scrapes them", access: .read,
                params: [],
                result: .object([
                    .required("text", .text, "text format of Prometheus, version 0.0.4")
                ]))
        case .systemStatus:
            MethodDescription(
                summary: "The daemon and the network in numbers", access: .read, params: [],
                result: .object([
                    .required("version", .text, "of the daemon"),
                    .required("topology", .text, "name of the topology"),
                    .required("revision", Shapes.revision, "counts the changes of placement"),
                    .required("uptimeSeconds", .number(0...Double.infinity), "since the daemon was ready"),
                    .required(
                        "flows", .object(Shapes.flowStates.map { .required($0, .integer(0...Int.max), $0) }),
                        "number of flows in each state"),
                    .required("switches", .integer(0...Int.max), "switches"),
                    .required("ownedSwitches", .integer(0...Int.max), "switches whose rules an agent confirms"),
                    .required("hosts", .integer(0...Int.max), "hosts"),
                    .required("links", .integer(0...Int.max), "directed links"),
                    .required("linksNotUp", .integer(0...Int.max), "directed links that are down or drained"),
                    .required("reserved", .integer(0...Int.max), "bit/s, summed over the links between switches"),
                    .required("reservable", .integer(0...Int.max), "bit/s, summed over the links between switches"),
                    .required("decisions", .integer(0...Int.max), "requests decided since the start"),
                    .required("optimizing", .boolean, "an optimisation runs"),
                    .required("clients", .integer(0...Int.max), "open connections"),
                ]))
        case .discover:
            MethodDescription(
                summary: "This list of methods as an OpenRPC document", access: .read, params: [], result: .anyObject)
        default: preconditionFailure("\(self) is described elsewhere")
        }
    }
}
