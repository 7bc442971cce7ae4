// Flows, and what became of them, as the wire has them.

import SluiceControlPlane
import SluiceJSON
import SluiceModel
import SluiceProtocol

extension JSONWriter {
    mutating func members(_ result: FlowResult) {
        name("flow")
        flow(result.flow)
        if let companion = result.companion {
            name("companion")
            flow(companion)
        }
        preempted(result.preempted)
        moved(result.moved)
        member("returned", result.returned)
        if let rejection = result.rejection {
            name("rejection")
            self.rejection(rejection)
        }
        if result.isDryRun { member("dryRun", true) }
    }

    mutating func members(_ explanation: Explanation) {
        name("flow")
        flow(explanation.flow)
        member("hops", explanation.hops) { hop, writer in
            writer.object { writer in
                writer.member("link", hop.link.text)
                writer.member("from", hop.from.text)
                writer.member("to", hop.to.text)
                writer.member("capacity", hop.capacity)
                writer.member("reserved", hop.reserved)
                writer.member("state", hop.state.rawValue)
            }
        }
        if let rejection = explanation.rejection {
            name("rejection")
            self.rejection(rejection)
        }
        member("history", explanation.history) { occurrence, writer in writer.occurrence(occurrence) }
        member("text", ExplanationText.sentences(explanation))
    }

    mutating func flow(_ flow: FlowView) {
        object { writer in
            writer.member("id", flow.id.text)
            writer.member("state", flow.state.rawValue)
            writer.member("reasons", flow.reasons) { reason, writer in writer.reason(reason) }
            writer.member("source", flow.source.text)
            writer.member("destination", flow.destination.text)
            writer.member("bandwidth", flow.bandwidth)
            writer.member("requestedBandwidth", flow.requestedBandwidth)
            writer.member("priority", flow.priority)
            writer.member("class", flow.className)
            writer.member("path", flow.path)
            writer.member("links", flow.links)
            writer.shares(flow.shares)
            writer.member("latency", flow.latency)
            if flow.protection != .none {
                writer.member("protection", flow.protection.rawValue)
                writer.member("backupLinks", flow.backupLinks)
            }
            if let match = flow.match {
                writer.name("match")
                writer.object { match.writeMembers(to: &$0) }
            }
            if flow.constraints != ConstraintRequest() {
                writer.name("constraints")
                writer.constraints(flow.constraints)
            }
            writer.member("companion", flow.companion?.text)
            writer.member("startTime", flow.start)
            writer.member("expires", flow.expires)
            writer.member("submitted", flow.submitted)
            writer.member("cookie", flow.cookie)
            if let rejection = flow.rejection {
                writer.name("rejection")
                writer.rejection(rejection)
            }
        }
    }

    mutating func moved(_ flows: [MovedFlow]) {
        member("moved", flows) { flow, writer in writer.moved(flow) }
    }

    mutating func moved(_ flow: MovedFlow) {
        object { writer in
            writer.member("id", flow.id.text)
            writer.member("from", flow.from)
            writer.member("to", flow.to)
        }
    }

    mutating func preempted(_ flows: [PreemptedFlow]) {
        member("preempted", flows) { flow, writer in
            writer.object { writer in
                writer.member("id", flow.id.text)
                writer.member("priority", flow.priority)
                writer.member("bandwidth", flow.bandwidth)
                writer.member("state", flow.state.rawValue)
            }
        }
    }

    mutating func rejection(_ rejection: Rejection) {
        object { writer in
            writer.member("code", rejection.code.rawValue)
            writer.member("message", rejection.message)
            writer.member("proved", rejection.isProved)
            writer.member("bottlenecks", rejection.bottlenecks) { bottleneck, writer in
                writer.object { writer in
                    writer.member("link", bottleneck.link.text)
                    writer.member("residual", bottleneck.residual)
                    writer.member("needed", bottleneck.needed)
                    writer.member("capacity", bottleneck.capacity)
                    writer.member("state", bottleneck.state.rawValue)
                }
            }
            writer.member("wouldFitIf", rejection.wouldFitIf) { remedy, writer in
                writer.object { writer in
                    switch remedy {
                    case .bandwidth(let most): writer.member("bandwidthAtMost", most)
                    case .latency(let least): writer.member("maxLatencyAtLeast", least)
                    case .flowsGone(let flows): writer.member("flowsGone", flows)
                    case .flowsMoved(let flows): writer.member("flowsMoved", flows)
                    case .priority(let least): writer.member("priorityAtLeast", least)
                    case .linksUp(let links): writer.member("linksUp", links)
                    }
                    writer.member("text", remedy.text)
                }
            }
        }
    }

    mutating func reason(_ reason: FlowReason) {
        object { writer in
            writer.member("code", reason.code)
            writer.member("text", reason.text)
            switch reason {
            case .waitsForStart(let instant): writer.member("startTime", instant)
            case .preemptedBy(let flow): writer.member("flow", flow.text)
            case .linkLost(let link): writer.member("link", link.text)
            case .displacedByOptimization, .reservesOnly, .unprotected: break
            case .reducedBandwidth(let wanted): writer.member("wanted", wanted)
            case .installationFailed(let name, let message):
                writer.member("switch", name.text)
                writer.member("message", message)
            }
        }
    }

    private mutating func constraints(_ constraints: ConstraintRequest) {
        object { writer in
            writer.member("maxLatency", constraints.maxLatency)
            writer.member("maxHops", constraints.maxHops)
            if !constraints.avoid.isEmpty { writer.member("avoid", constraints.avoid) }
            if !constraints.via.isEmpty { writer.member("via", constraints.via) }
            let affinity = [
                ("includeAny", constraints.includeAny), ("includeAll", constraints.includeAll),
                ("exclude", constraints.exclude),
            ].filter { !$0.1.isEmpty }
            if !affinity.isEmpty {
                writer.name("affinity")
                writer.object { writer in
                    for (name, groups) in affinity { writer.member(name, groups) }
                }
            }
        }
    }
}
