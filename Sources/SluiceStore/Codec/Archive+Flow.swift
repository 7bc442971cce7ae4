// Fields of flows: as they were asked for, and as they were understood.

import SluiceControlPlane
import SluiceModel

extension RecordSink {
    mutating func request(_ name: String, _ value: FlowRequest) {
        group(name) { sink in
            sink.optional("id", value.id) { $0.identifier("id", $1) }
            sink.identifier("source", value.source)
            sink.identifier("destination", value.destination)
            sink.bandwidth("bandwidth", value.bandwidth)
            sink.optional("reverseBandwidth", value.reverseBandwidth) { $0.bandwidth("reverseBandwidth", $1) }
            sink.optional("minBandwidth", value.minBandwidth) { $0.bandwidth("minBandwidth", $1) }
            sink.optional("class", value.className) { $0.text("class", $1) }
            sink.optional("priority", value.priority) { $0.integer("priority", $1) }
            sink.optional("match", value.match) { $0.match("match", $1) }
            sink.constraintRequest("constraints", value.constraints)
            sink.text("protection", value.protection.rawValue)
            sink.optional("start", value.start) { $0.instant("start", $1) }
            sink.optional("lifetimeSeconds", value.lifetimeSeconds) { $0.real("lifetimeSeconds", $1) }
        }
    }

    mutating func constraintRequest(_ name: String, _ value: ConstraintRequest) {
        optional(name, value == ConstraintRequest() ? nil : value) { sink, value in
            sink.group(name) { sink in
                sink.optional("maxLatency", value.maxLatency) { $0.latency("maxLatency", $1) }
                sink.optional("maxHops", value.maxHops) { $0.integer("maxHops", $1) }
                sink.texts("avoid", value.avoid)
                sink.texts("via", value.via)
                sink.texts("includeAny", value.includeAny)
                sink.texts("includeAll", value.includeAll)
                sink.texts("exclude", value.exclude)
            }
        }
    }

    mutating func flow(_ name: String, _ value: Flow) {
        group(name) { sink in
            sink.identifier("id", value.id)
            sink.index("source", value.source)
            sink.index("destination", value.destination)
            sink.bandwidth("bandwidth", value.bandwidth)
            sink.bandwidth("minBandwidth", value.minBandwidth)
            sink.integer("priority", value.priority.level)
            sink.optional("class", value.className) { $0.text("class", $1) }
            sink.optional("match", value.match) { $0.match("match", $1) }
            sink.constraints("constraints", value.constraints)
            sink.text("protection", value.protection.rawValue)
            sink.optional("start", value.start) { $0.instant("start", $1) }
            sink.optional("lifetimeSeconds", value.lifetimeSeconds) { $0.real("lifetimeSeconds", $1) }
        }
    }

    private mutating func constraints(_ name: String, _ value: FlowConstraints) {
        optional(name, value == .none ? nil : value) { sink, value in
            sink.group(name) { sink in
                sink.optional("maxLatency", value.maxLatency) { $0.latency("maxLatency", $1) }
                sink.optional("maxHops", value.maxHops) { $0.integer("maxHops", $1) }
                sink.list("avoidNodes", value.avoidNodes) { $0.index(element, $1) }
                sink.links("avoidLinks", value.avoidLinks)
                sink.list("via", value.via) { sink, waypoint in
                    sink.group(element) { sink in
                        switch waypoint {
                        case .node(let node):
                            sink.flag("isNode", true)
                            sink.index("node", node)
                        case .link(let links):
                            sink.flag("isNode", false)
                            sink.links("links", links)
                        }
                    }
                }
                sink.unsigned("includeAny", value.affinity.includeAny.rawValue)
                sink.unsigned("includeAll", value.affinity.includeAll.rawValue)
                sink.unsigned("exclude", value.affinity.exclude.rawValue)
            }
        }
    }
}

extension RecordSource {
    mutating func request(_ name: String) throws(RecordFault) -> FlowRequest {
        try group(name) { source throws(RecordFault) in
            FlowRequest(
                id: try source.optional("id") { source throws(RecordFault) in try source.identifier("id") },
                source: try source.identifier("source"), destination: try source.identifier("destination"),
                bandwidth: try source.bandwidth("bandwidth"),
                reverseBandwidth: try source.optional("reverseBandwidth") { source throws(RecordFault) in
                    try source.bandwidth("reverseBandwidth")
                },
                minBandwidth: try source.optional("minBandwidth") { source throws(RecordFault) in
                    try source.bandwidth("minBandwidth")
                },
                className: try source.optional("class") { source throws(RecordFault) in try source.text("class") },
                priority: try source.optional("priority") { source throws(RecordFault) in
                    try source.integer("priority", in: 0...Limits.weight)
                },
                match: try source.optional("match") { source throws(RecordFault) in try source.match("match") },
                constraints: try source.constraintRequest("constraints"), protection: try source.named("protection"),
                start: try source.optional("start") { source throws(RecordFault) in try source.instant("start") },
                lifetimeSeconds: try source.optional("lifetimeSeconds") { source throws(RecordFault) in
                    try source.real("lifetimeSeconds")
                })
        }
    }

    mutating func constraintRequest(_ name: String) throws(RecordFault) -> ConstraintRequest {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                ConstraintRequest(
                    maxLatency: try source.optional("maxLatency") { source throws(RecordFault) in
                        try source.latency("maxLatency")
                    },
                    maxHops: try source.optional("maxHops") { source throws(RecordFault) in
                        try source.integer("maxHops")
                    },
                    avoid: try source.texts("avoid"), via: try source.texts("via"),
                    includeAny: try source.texts("includeAny"), includeAll: try source.texts("includeAll"),
                    exclude: try source.texts("exclude"))
            }
        } ?? ConstraintRequest()
    }

    /// - Parameter request: what the flow was asked for with; what is the same in both is kept once.
    mutating func flow(_ name: String, of request: FlowRequest) throws(RecordFault) -> Flow {
        try group(name) { source throws(RecordFault) in
            var id: FlowID = try source.identifier("id")
            if let asked = request.id, asked == id { id = asked }
            let (from, to): (NodeIndex, NodeIndex) = (try source.index("source"), try source.index("destination"))
            let (bandwidth, least) = (try source.bandwidth("bandwidth"), try source.bandwidth("minBandwidth"))
            guard from != to else { throw .invalid(field: "destination") }
            guard bandwidth > .zero else { throw .invalid(field: "bandwidth") }
            return Flow(
                id: id, source: from, destination: to, bandwidth: bandwidth, minBandwidth: least,
                priority: FlowPriority(try source.integer("priority", in: 0...Limits.weight)),
                className: try source.optional("class") { source throws(RecordFault) in try source.text("class") },
                match: try source.optional("match") { source throws(RecordFault) in
                    let match = try source.match("match")
                    return match == request.match ? request.match ?? match : match
                },
                constraints: try source.constraints("constraints"), protection: try source.named("protection"),
                start: try source.optional("start") { source throws(RecordFault) in try source.instant("start") },
                lifetimeSeconds: try source.optional("lifetimeSeconds") { source throws(RecordFault) in
                    try source.real("lifetimeSeconds")
                })
        }
    }

    private mutating func constraints(_ name: String) throws(RecordFault) -> FlowConstraints {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                FlowConstraints(
                    maxLatency: try source.optional("maxLatency") { source throws(RecordFault) in
                        try source.latency("maxLatency")
                    },
                    maxHops: try source.optional("maxHops") { source throws(RecordFault) in
                        try source.integer("maxHops")
                    },
                    avoidNodes: try source.list("avoidNodes") { source throws(RecordFault) in
                        try source.index(element)
                    },
                    avoidLinks: try source.links("avoidLinks"),
                    via: try source.list("via") { source throws(RecordFault) in try source.waypoint() },
                    affinity: AffinityConstraint(
                        includeAny: AffinityBits(rawValue: try source.unsigned("includeAny")),
                        includeAll: AffinityBits(rawValue: try source.unsigned("includeAll")),
                        exclude: AffinityBits(rawValue: try source.unsigned("exclude"))))
            }
        } ?? .none
    }

    private mutating func waypoint() throws(RecordFault) -> FlowConstraints.Waypoint {
        try group(element) { source throws(RecordFault) in
            try source.flag("isNode") ? .node(try source.index("node")) : .link(try source.links("links"))
        }
    }
}
