// Fields of what has become of flows: reasons, occurrences, rejections, and the views of flows that are over.

import SluiceControlPlane
import SluiceModel

extension RecordSink {
    mutating func reason(_ name: String, _ value: FlowReason) {
        group(name) { sink in
            sink.text("code", value.code)
            switch value {
            case .waitsForStart(let start): sink.instant("start", start)
            case .preemptedBy(let flow): sink.identifier("flow", flow)
            case .linkLost(let link): sink.identifier("link", link)
            case .reducedBandwidth(let wanted): sink.bandwidth("wanted", wanted)
            case .installationFailed(let node, let message):
                sink.identifier("switch", node)
                sink.text("message", message)
            case .displacedByOptimization, .unprotected, .reservesOnly: break
            }
        }
    }

    mutating func occurrences(_ name: String, _ values: [Occurrence]) {
        list(name, values) { $0.occurrence(element, $1) }
    }

    private mutating func occurrence(_ name: String, _ value: Occurrence) {
        group(name) { sink in
            sink.unsigned("number", value.number)
            sink.instant("time", value.time)
            sink.text("kind", value.kind.rawValue)
            sink.optional("flow", value.flow) { $0.identifier("flow", $1) }
            sink.optional("link", value.link) { $0.identifier("link", $1) }
            sink.optional("switch", value.switch) { $0.identifier("switch", $1) }
            sink.optional("linkState", value.linkState) { $0.text("linkState", $1.rawValue) }
            sink.linkNames("path", value.path)
            sink.linkNames("formerPath", value.formerPath)
            sink.shares("shares", value.shares)
            sink.optional("moveReason", value.moveReason) { $0.text("moveReason", $1.rawValue) }
            sink.optional("by", value.by) { $0.identifier("by", $1) }
            sink.optional("formerReward", value.formerReward) { $0.real("formerReward", $1) }
            sink.optional("presentReward", value.presentReward) { $0.real("presentReward", $1) }
            sink.optional("reason", value.reason) { $0.reason("reason", $1) }
            sink.optional("rejection", value.rejectionCode) { $0.text("rejection", $1.rawValue) }
            sink.optional("message", value.message) { $0.text("message", $1) }
        }
    }

    mutating func view(_ name: String, _ value: FlowView) {
        group(name) { sink in
            sink.identifier("id", value.id)
            sink.text("state", value.state.rawValue)
            sink.list("reasons", value.reasons) { $0.reason(element, $1) }
            sink.identifier("source", value.source)
            sink.identifier("destination", value.destination)
            sink.bandwidth("bandwidth", value.bandwidth)
            sink.bandwidth("requestedBandwidth", value.requestedBandwidth)
            sink.integer("priority", value.priority)
            sink.optional("class", value.className) { $0.text("class", $1) }
            sink.list("path", value.path) { $0.identifier(element, $1) }
            sink.linkNames("links", value.links)
            sink.optional("latency", value.latency) { $0.latency("latency", $1) }
            sink.shares("shares", value.shares)
            sink.linkNames("backupLinks", value.backupLinks)
            sink.text("protection", value.protection.rawValue)
            sink.optional("match", value.match) { $0.match("match", $1) }
            sink.constraintRequest("constraints", value.constraints)
            sink.optional("companion", value.companion) { $0.identifier("companion", $1) }
            sink.optional("start", value.start) { $0.instant("start", $1) }
            sink.optional("expires", value.expires) { $0.instant("expires", $1) }
            sink.instant("submitted", value.submitted)
            sink.unsigned("cookie", value.cookie)
            sink.optional("rejection", value.rejection) { $0.rejection("rejection", $1) }
        }
    }

    private mutating func shares(_ name: String, _ values: [PathShare]) {
        list(name, values) { sink, share in
            sink.group(element) {
                $0.linkNames("links", share.links)
                $0.integer("weight", share.weight)
            }
        }
    }

    private mutating func rejection(_ name: String, _ value: Rejection) {
        group(name) { sink in
            sink.text("code", value.code.rawValue)
            sink.optional("detail", value.detail) { $0.detail("detail", $1) }
            sink.list("bottlenecks", value.bottlenecks) { sink, bottleneck in
                sink.group(element) { sink in
                    sink.identifier("link", bottleneck.link)
                    sink.bandwidth("residual", bottleneck.residual)
                    sink.bandwidth("needed", bottleneck.needed)
                    sink.bandwidth("capacity", bottleneck.capacity)
                    sink.text("state", bottleneck.state.rawValue)
                }
            }
            sink.list("wouldFitIf", value.wouldFitIf) { $0.remedy(element, $1) }
        }
    }

    private mutating func detail(_ name: String, _ value: Rejection.Detail) {
        group(name) { sink in
            switch value {
            case .bandwidthAboveClassLimit(let limit):
                sink.text("kind", DetailKind.bandwidthAboveClassLimit.rawValue)
                sink.bandwidth("limit", limit)
            case .conflictsWith(let flow):
                sink.text("kind", DetailKind.conflictsWith.rawValue)
                sink.identifier("flow", flow)
            case .flowLimit(let limit):
                sink.text("kind", DetailKind.flowLimit.rawValue)
                sink.integer("limit", limit)
            case .clientFlowLimit(let limit):
                sink.text("kind", DetailKind.clientFlowLimit.rawValue)
                sink.integer("limit", limit)
            case .ruleCapacity(let node, let limit):
                sink.text("kind", DetailKind.ruleCapacity.rawValue)
                sink.identifier("switch", node)
                sink.integer("limit", limit)
            case .abortedBy(let flow):
                sink.text("kind", DetailKind.abortedBy.rawValue)
                sink.identifier("flow", flow)
            case .fastestLatency(let latency):
                sink.text("kind", DetailKind.fastestLatency.rawValue)
                sink.latency("latency", latency)
            case .labelsExhausted: sink.text("kind", DetailKind.labelsExhausted.rawValue)
            case .waypoints(let names):
                sink.text("kind", DetailKind.waypoints.rawValue)
                sink.list("waypoints", names) { $0.text(element, $1) }
            }
        }
    }

    private mutating func remedy(_ name: String, _ value: Rejection.Remedy) {
        group(name) { sink in
            switch value {
            case .bandwidth(let most):
                sink.text("kind", RemedyKind.bandwidth.rawValue)
                sink.bandwidth("atMost", most)
            case .latency(let least):
                sink.text("kind", RemedyKind.latency.rawValue)
                sink.latency("atLeast", least)
            case .flowsGone(let flows):
                sink.text("kind", RemedyKind.flowsGone.rawValue)
                sink.list("flows", flows) { $0.identifier(element, $1) }
            case .flowsMoved(let flows):
                sink.text("kind", RemedyKind.flowsMoved.rawValue)
                sink.list("flows", flows) { $0.identifier(element, $1) }
            case .priority(let least):
                sink.text("kind", RemedyKind.priority.rawValue)
                sink.integer("atLeast", least)
            case .linksUp(let links):
                sink.text("kind", RemedyKind.linksUp.rawValue)
                sink.linkNames("links", links)
            }
        }
    }
}

private enum DetailKind: String {
    case bandwidthAboveClassLimit, conflictsWith, flowLimit, clientFlowLimit, ruleCapacity, abortedBy, fastestLatency
    case labelsExhausted, waypoints
}

private enum RemedyKind: String { case bandwidth, latency, flowsGone, flowsMoved, priority, linksUp }

extension RecordSource {
    mutating func reason(_ name: String) throws(RecordFault) -> FlowReason {
        try group(name) { source throws(RecordFault) in
            switch try source.text("code") {
            case "waits_for_start": return .waitsForStart(try source.instant("start"))
            case "preempted_by": return .preemptedBy(try source.identifier("flow"))
            case "link_lost": return .linkLost(try source.identifier("link"))
            case "displaced_by_optimization": return .displacedByOptimization
            case "reduced_bandwidth": return .reducedBandwidth(wanted: try source.bandwidth("wanted"))
            case "unprotected": return .unprotected
            case "installation_failed":
                return .installationFailed(
                    switch: try source.identifier("switch"), message: try source.text("message"))
            case "reserves_only": return .reservesOnly
            default: throw .invalid(field: "code")
            }
        }
    }

    mutating func occurrences(_ name: String) throws(RecordFault) -> [Occurrence] {
        try list(name) { source throws(RecordFault) in try source.occurrence(element) }
    }

    private mutating func occurrence(_ name: String) throws(RecordFault) -> Occurrence {
        try group(name) { source throws(RecordFault) in
            var value = Occurrence(
                number: try source.unsigned("number"), time: try source.instant("time"),
                kind: try source.named("kind"))
            value.flow = try source.optional("flow") { source throws(RecordFault) in try source.identifier("flow") }
            value.link = try source.optional("link") { source throws(RecordFault) in try source.identifier("link") }
            value.switch = try source.optional("switch") { source throws(RecordFault) in
                try source.identifier("switch")
            }
            value.linkState = try source.optional("linkState") { source throws(RecordFault) in
                try source.named("linkState")
            }
            value.path = try source.linkNames("path")
            value.formerPath = try source.linkNames("formerPath")
            value.shares = try source.shares("shares")
            value.moveReason = try source.optional("moveReason") { source throws(RecordFault) in
                try source.named("moveReason")
            }
            value.by = try source.optional("by") { source throws(RecordFault) in try source.identifier("by") }
            value.formerReward = try source.optional("formerReward") { source throws(RecordFault) in
                try source.real("formerReward")
            }
            value.presentReward = try source.optional("presentReward") { source throws(RecordFault) in
                try source.real("presentReward")
            }
            value.reason = try source.optional("reason") { source throws(RecordFault) in try source.reason("reason") }
            value.rejectionCode = try source.optional("rejection") { source throws(RecordFault) in
                try source.named("rejection")
            }
            value.message = try source.optional("message") { source throws(RecordFault) in
                try source.text("message")
            }
            return value
        }
    }

    mutating func view(_ name: String) throws(RecordFault) -> FlowView {
        try group(name) { source throws(RecordFault) in
            FlowView(
                id: try source.identifier("id"), state: try source.named("state"),
                reasons: try source.list("reasons") { source throws(RecordFault) in try source.reason(element) },
                source: try source.identifier("source"), destination: try source.identifier("destination"),
                bandwidth: try source.bandwidth("bandwidth"),
                requestedBandwidth: try source.bandwidth("requestedBandwidth"),
                priority: try source.integer("priority"),
                className: try source.optional("class") { source throws(RecordFault) in try source.text("class") },
                path: try source.list("path") { source throws(RecordFault) in try source.identifier(element) },
                links: try source.linkNames("links"),
                latency: try source.optional("latency") { source throws(RecordFault) in
                    try source.latency("latency")
                }, shares: try source.shares("shares"), backupLinks: try source.linkNames("backupLinks"),
                protection: try source.named("protection"),
                match: try source.optional("match") { source throws(RecordFault) in try source.match("match") },
                constraints: try source.constraintRequest("constraints"),
                companion: try source.optional("companion") { source throws(RecordFault) in
                    try source.identifier("companion")
                }, start: try source.optional("start") { source throws(RecordFault) in try source.instant("start") },
                expires: try source.optional("expires") { source throws(RecordFault) in
                    try source.instant("expires")
                }, submitted: try source.instant("submitted"), cookie: try source.unsigned("cookie"),
                rejection: try source.optional("rejection") { source throws(RecordFault) in
                    try source.rejection("rejection")
                })
        }
    }

    private mutating func shares(_ name: String) throws(RecordFault) -> [PathShare] {
        try list(name) { source throws(RecordFault) in
            try source.group(element) { source throws(RecordFault) in
                PathShare(links: try source.linkNames("links"), weight: try source.integer("weight"))
            }
        }
    }

    private mutating func rejection(_ name: String) throws(RecordFault) -> Rejection {
        try group(name) { source throws(RecordFault) in
            Rejection(
                code: try source.named("code"),
                detail: try source.optional("detail") { source throws(RecordFault) in try source.detail("detail") },
                bottlenecks: try source.list("bottlenecks") { source throws(RecordFault) in
                    try source.group(element) { source throws(RecordFault) in
                        Rejection.Bottleneck(
                            link: try source.identifier("link"), residual: try source.bandwidth("residual"),
                            needed: try source.bandwidth("needed"), capacity: try source.bandwidth("capacity"),
                            state: try source.named("state"))
                    }
                }, wouldFitIf: try source.list("wouldFitIf") { source throws(RecordFault) in try source.remedy() })
        }
    }

    private mutating func detail(_ name: String) throws(RecordFault) -> Rejection.Detail {
        try group(name) { source throws(RecordFault) in
            let kind: DetailKind = try source.named("kind")
            switch kind {
            case .bandwidthAboveClassLimit: return .bandwidthAboveClassLimit(try source.bandwidth("limit"))
            case .conflictsWith: return .conflictsWith(try source.identifier("flow"))
            case .flowLimit: return .flowLimit(try source.integer("limit"))
            case .clientFlowLimit: return .clientFlowLimit(try source.integer("limit"))
            case .ruleCapacity:
                return .ruleCapacity(try source.identifier("switch"), try source.integer("limit"))
            case .abortedBy: return .abortedBy(try source.identifier("flow"))
            case .fastestLatency: return .fastestLatency(try source.latency("latency"))
            case .labelsExhausted: return .labelsExhausted
            case .waypoints:
                return .waypoints(
                    try source.list("waypoints") { source throws(RecordFault) in try source.text(element) })
            }
        }
    }

    private mutating func remedy() throws(RecordFault) -> Rejection.Remedy {
        try group(element) { source throws(RecordFault) in
            let kind: RemedyKind = try source.named("kind")
            switch kind {
            case .bandwidth: return .bandwidth(atMost: try source.bandwidth("atMost"))
            case .latency: return .latency(atLeast: try source.latency("atLeast"))
            case .flowsGone:
                return .flowsGone(
                    try source.list("flows") { source throws(RecordFault) in try source.identifier(element) })
            case .flowsMoved:
                return .flowsMoved(
                    try source.list("flows") { source throws(RecordFault) in try source.identifier(element) })
            case .priority: return .priority(atLeast: try source.integer("atLeast"))
            case .linksUp: return .linksUp(try source.linkNames("links"))
            }
        }
    }
}
