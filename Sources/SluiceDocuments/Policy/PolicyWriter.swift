// A policy as JSON; what has no value (a class without a bandwidth limit) is left out. `PolicyReader` reads it back equal.

import SluiceJSON
package import SluiceModel

package enum PolicyWriter {
    /// One JSON text, ended by a line feed.
    package static func json(_ policy: Policy, pretty: Bool) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        writer.beginObject()
        writer.array("classes", policy.classes) { $0.write($1) }
        writer.member("defaultClass", policy.defaultClass)
        writer.object("admission") { writer in
            writer.member("objective", policy.admission.objective.rawValue)
            writer.member("method", policy.admission.method.rawValue)
            writer.member("budgetSeconds", policy.admission.budgetSeconds)
            writer.member("preemption", policy.admission.preemption)
            writer.member("groomingMoves", policy.admission.groomingMoves)
        }
        writer.object("reoptimisation") { writer in
            writer.member("intervalSeconds", policy.reoptimisation.intervalSeconds)
            writer.member("maxMoves", policy.reoptimisation.maxMoves)
            writer.member("afterChangeSeconds", policy.reoptimisation.afterChangeSeconds)
        }
        writer.object("learning") { $0.write(policy.learning) }
        writer.object("telemetry") { $0.write(policy.telemetry) }
        writer.object("limits") { writer in
            writer.member("flows", policy.limits.flows)
            writer.member("flowsPerClient", policy.limits.flowsPerClient)
            writer.member("connections", policy.limits.connections)
            writer.member("connectionsPerUser", policy.limits.connectionsPerUser)
            writer.member("subscriptionsPerClient", policy.limits.subscriptionsPerClient)
            writer.member("requestsPerSecond", policy.limits.requestsPerSecond)
            writer.member("lineSeconds", policy.limits.lineSeconds)
            writer.member("idleSeconds", policy.limits.idleSeconds)
        }
        writer.array("access", policy.access) { writer, rule in
            switch rule.subject {
            case .user(let id): writer.member("user", Int(id))
            case .group(let id): writer.member("group", Int(id))
            }
            writer.member("role", rule.role.rawValue)
        }
        writer.object("meters") { writer in
            writer.member("enabled", policy.meters.enabled)
            writer.member("burstMilliseconds", policy.meters.burstMilliseconds)
        }
        writer.object("switches") { writer in
            writer.member("pollSeconds", policy.switches.pollSeconds)
            writer.member("wiring", policy.switches.wiring.rawValue)
        }
        writer.member("unadmitted", policy.unadmitted.rawValue)
        writer.object("bandwidthConstraints") { writer in
            writer.member("model", policy.bandwidthConstraints.model.rawValue)
            writer.name("shares")
            writer.beginArray()
            for share in policy.bandwidthConstraints.shares { writer.number(Double(share) / 1_000_000) }
            writer.endArray()
        }
        writer.object("damping") { writer in
            writer.member("holdDownSeconds", policy.damping.holdDownSeconds)
            writer.member("holdDownSecondsMax", policy.damping.holdDownSecondsMax)
            writer.member("forgetSeconds", policy.damping.forgetSeconds)
            writer.member("growthSeconds", policy.damping.growthSeconds)
        }
        writer.name("rsvpPriorities")
        writer.beginArray()
        for level in policy.rsvpPriorities { writer.integer(level) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [0x0a]
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ trafficClass: TrafficClass) {
        member("name", trafficClass.name)
        member("priority", trafficClass.priority)
        if let weight = trafficClass.weight { member("weight", weight) }
        if let setup = trafficClass.setup { member("setup", setup) }
        if let hold = trafficClass.hold { member("hold", hold) }
        if trafficClass.classType > 0 { member("classType", trafficClass.classType) }
        if let dscp = trafficClass.dscp { member("dscp", Int(dscp)) }
        member("mayPreempt", trafficClass.mayPreempt)
        member("preemptable", trafficClass.preemptable)
        if let bandwidth = trafficClass.maxBandwidth { member("maxBandwidth", bandwidth.bitsPerSecond) }
        if let latency = trafficClass.maxLatency { member("maxLatency", latency.microseconds) }
        if !trafficClass.matches.isEmpty { array("matches", trafficClass.matches) { $0.write($1) } }
        if let weights = trafficClass.rewardWeights { object("rewardWeights") { $0.write(weights) } }
        if let action = trafficClass.learningAction { member("learningAction", action.rawValue) }
    }

    fileprivate mutating func write(_ learning: LearningPolicy) {
        member("scheme", learning.scheme.rawValue)
        member("action", learning.action.rawValue)
        member("rewardStep", learning.rewardStep)
        member("penaltyStep", learning.penaltyStep)
        member("pursuitStep", learning.pursuitStep)
        member("resolution", learning.resolution)
        member("memoryWeight", learning.memoryWeight)
        member("floor", learning.floor)
        member("paths", learning.paths)
        member("margin", learning.margin)
        member("dwellSeconds", learning.dwellSeconds)
        member("splitWeights", learning.splitWeights)
        member("splitChange", learning.splitChange)
        member("drawsPerSecond", learning.drawsPerSecond)
        member("smoothingSeconds", learning.smoothingSeconds)
        member("staleSeconds", learning.staleSeconds)
        object("rewardWeights") { $0.write(learning.rewardWeights) }
    }

    fileprivate mutating func write(_ telemetry: TelemetryPolicy) {
        name("sources")
        beginArray()
        for source in telemetry.sources { string(source.text) }
        endArray()
        member("intDscp", Int(telemetry.intDSCP))
        if let value = telemetry.intPort { member("intPort", Int(value)) }
        member("associationBits", telemetry.associationBits.rawValue)
        member("queueUnitBytes", telemetry.queueUnitBytes)
        member("latencyUnitNanoseconds", telemetry.latencyUnitNanoseconds)
        member("fullUtilisation", telemetry.fullUtilisation)
        member("clockToleranceSeconds", telemetry.clockToleranceSeconds)
    }

    fileprivate mutating func write(_ weights: RewardWeights) {
        member("utilisation", weights.utilisation)
        member("queue", weights.queue)
        member("latency", weights.latency)
        member("loss", weights.loss)
    }

    fileprivate mutating func write(_ match: FlowMatch) {
        if let value = match.etherType { member("eth_type", Int(value)) }
        if let value = match.etherSource { member("eth_src", value.text) }
        if let value = match.etherDestination { member("eth_dst", value.text) }
        if let value = match.vlan { member("vlan_vid", Int(value)) }
        if let value = match.ipProtocol { member("ip_proto", Int(value)) }
        if let value = match.dscp { member("ip_dscp", Int(value)) }
        if let value = match.ipv4Source { member("ipv4_src", value.text) }
        if let value = match.ipv4Destination { member("ipv4_dst", value.text) }
        if let value = match.ipv6Source { member("ipv6_src", value.text) }
        if let value = match.ipv6Destination { member("ipv6_dst", value.text) }
        let transport: String
        switch match.ipProtocol {
        case FlowMatch.protocolUDP: transport = "udp"
        case FlowMatch.protocolSCTP: transport = "sctp"
        default: transport = "tcp"
        }
        if let value = match.sourcePort { member(transport + "_src", Int(value)) }
        if let value = match.destinationPort { member(transport + "_dst", Int(value)) }
    }

    fileprivate mutating func member(_ name: String, _ value: Double?) {
        self.name(name)
        if let value { number(value) } else { null() }
    }

    fileprivate mutating func member(_ name: String, _ value: Bool) {
        self.name(name)
        bool(value)
    }

    fileprivate mutating func object(_ name: String, _ body: (inout JSONWriter) -> Void) {
        self.name(name)
        beginObject()
        body(&self)
        endObject()
    }

    fileprivate mutating func array<Element>(
        _ name: String, _ elements: [Element], _ body: (inout JSONWriter, Element) -> Void
    ) {
        self.name(name)
        beginArray()
        for element in elements {
            beginObject()
            body(&self, element)
            endObject()
        }
        endArray()
    }
}
