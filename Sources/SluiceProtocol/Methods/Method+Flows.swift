// Methods about flows.

extension Method {
    var flowDescription: MethodDescription {
        switch self {
        case .flowSubmit:
            MethodDescription(
                summary: "Asks for a flow; the answer says whether it was admitted, on which path, or why not",
                access: .change,
                params: Shapes.submission + [
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing")
                ],
                result: Shapes.flowResult)
        case .flowSubmitBatch:
            MethodDescription(
                summary: "Asks for many flows at once, decided in the order given", access: .change,
                params: [
                    .required(
                        "flows", .list(.object(Shapes.submission), count: 1...Shapes.batchLimit),
                        "the flows, each as the params of flow.submit"),
                    .optional("atomic", .boolean, "admit all of them or none"),
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing"),
                ],
                result: .object([
                    .required(
                        "results", .list(.anyObject, count: 1...Shapes.batchLimit),
                        "one for each flow, in order: the result of flow.submit, or error as JSON-RPC has it")
                ]))
        case .flowUpdate:
            MethodDescription(
                summary: "Changes a live flow; what is not given stays", access: .change,
                params: [.required("id", .name, "the flow")] + Shapes.changeable + [
                    .optional("dryRun", .boolean, "answer what would happen, and do nothing")
                ],
                result: Shapes.flowResult)
        case .flowWithdraw:
            MethodDescription(
                summary: "Ends a flow and frees what it holds", access: .change,
                params: [.required("id", .name, "the flow")], result: Shapes.flowResult)
        case .flowGet:
            MethodDescription(
                summary: "One flow", access: .read, params: [.required("id", .name, "the flow")],
                result: .object([.required("flow", .object(Shapes.flow), "the flow")]))
        case .flowList:
            MethodDescription(
                summary: "Flows by filter, ordered by id, a page at a time", access: .read,
                params: [
                    .optional(
                        "states", .list(.choice(Shapes.flowStates), count: 0...Shapes.flowStates.count),
                        "only flows in one of these states"),
                    .optional("class", .name, "only flows of this class"),
                    .optional("source", .name, "only flows from this switch or host"),
                    .optional("destination", .name, "only flows to this switch or host"),
                    .optional("link", .name, "only flows whose path uses this link"),
                    .optional("limit", .integer(1...Shapes.pageLimit), "most flows of this page"),
                    .optional("cursor", .text, "where the page before ended, as its answer said"),
                ],
                result: .object([
                    .required("flows", .list(.object(Shapes.flow), count: 0...Shapes.pageLimit), "the page"),
                    .optional("cursor", .text, "where the next page begins; absent on the last"),
                ]))
        case .flowExplain:
            MethodDescription(
                summary: "Why a flow is where it is, or what stands in its way", access: .read,
                params: [.required("id", .name, "the flow")],
                result: .object([
                    .required("flow", .object(Shapes.flow), "the flow"),
                    .required(
                        "hops",
                        .list(
                            .object([
                                .required("link", .name, "the link"),
                                .required("from", .name, "the switch or host it leaves"),
                                .required("to", .name, "the switch or host it reaches"),
                                .required("capacity", Shapes.bandwidth, "what the link can carry, bit/s"),
                                .required("reserved", Shapes.bandwidth, "what admission holds on it, bit/s"),
                                .required("state", .choice(Shapes.linkStates), "the link's state"),
                            ]), count: 0...Int(Int32.max)),
                        "the links of its path, or of the path that came closest"),
                    .optional("rejection", .object(Shapes.rejection), "what stands in its way now"),
                    .required(
                        "history", .list(.object(Shapes.event), count: 0...Int(Int32.max)),
                        "what happened to it, oldest first"),
                    .required("text", .list(.text, count: 1...Int(Int32.max)), "the same in sentences"),
                ]))
        default: preconditionFailure("\(self) is described elsewhere")
        }
    }
}
