// Whole records: what kind each is, and its fields.

import SluiceControlPlane
import SluiceModel

/// Kinds of records. Their numbers are on disk; their order is that of `RecordKey`.
enum RecordKind: Int, CaseIterable {
    case directory = 0
    case counters = 1
    case link = 2
    case `switch` = 3
    case slot = 4
    case ended = 5
    case automaton = 6

    var name: String {
        switch self {
        case .directory: "topology"
        case .counters: "counters"
        case .link: "link"
        case .switch: "switch"
        case .slot: "flow"
        case .ended: "ended"
        case .automaton: "automaton"
        }
    }
}

extension RecordKey {
    /// Kind and number within the kind.
    var parts: (kind: RecordKind, number: UInt64) {
        switch self {
        case .directory: (.directory, 0)
        case .counters: (.counters, 0)
        case .link(let position): (.link, UInt64(position))
        case .switch(let position): (.switch, UInt64(position))
        case .slot(let slot): (.slot, UInt64(slot))
        case .ended(let order): (.ended, order)
        case .automaton(let carrier): (.automaton, UInt64(carrier))
        }
    }

    /// Nil where the number is none of that kind.
    init?(_ kind: RecordKind, _ number: UInt64) {
        guard number < 1 << 48 else { return nil }
        switch kind {
        case .directory, .counters:
            guard number == 0 else { return nil }
            self = kind == .directory ? .directory : .counters
        case .link: self = .link(Int(number))
        case .switch: self = .switch(Int(number))
        case .slot: self = .slot(Int(number))
        case .ended: self = .ended(number)
        case .automaton: self = .automaton(Int(number))
        }
    }

    /// What `sluice store` calls its kind.
    package var kindName: String { parts.kind.name }

    /// The key as one number that orders as the keys do.
    package var packed: Int64 { Int64(parts.kind.rawValue) << 48 | Int64(parts.number) }

    package init?(packed: Int64) {
        guard packed >= 0, let kind = RecordKind(rawValue: Int(packed >> 48)) else { return nil }
        self.init(kind, UInt64(packed & (1 << 48 - 1)))
    }
}

extension PlaneRecord {
    func write(to sink: inout some RecordSink) {
        switch self {
        case .directory(let directory):
            sink.list("nodes", directory.nodes) { $0.identifier(element, $1) }
            sink.linkNames("links", directory.links)
            sink.unsigned("fingerprint", directory.fingerprint)
        case .counters(let counters):
            sink.unsigned("revision", counters.revision)
            sink.unsigned("nextNumber", counters.nextNumber)
            sink.integer("nextName", counters.nextName)
            sink.unsigned("occurrences", counters.occurrences)
            sink.integer("decisions", counters.decisions)
            sink.flag("passesUnadmitted", counters.passesUnadmitted)
            sink.flag("reachabilityIsSettled", counters.reachabilityIsSettled)
        case .link(let link):
            sink.text("state", link.state.rawValue)
            sink.integer("failures", link.failures)
            sink.instant("lastFailure", link.lastFailure)
            sink.optional("heldUntil", link.heldUntil) { $0.instant("heldUntil", $1) }
        case .switch(let revision): sink.unsigned("revision", revision)
        case .flow(let flow):
            sink.flag("isLive", true)
            flow.write(to: &sink)
        case .leaving(let leaving):
            sink.flag("isLive", false)
            sink.list("labels", leaving.labels) { $0.integer(element, Int($1)) }
            sink.list("carriers", leaving.carriers) { $0.carrier(element, $1) }
        case .ended(let ended):
            sink.view("view", ended.view)
            sink.occurrences("history", ended.history)
        case .automaton(let automaton):
            sink.list("paths", automaton.paths) { $0.links(element, $1) }
            sink.list("probabilities", automaton.probabilities) { $0.real(element, $1) }
            sink.list("estimates", automaton.estimates) { sink, estimate in
                sink.group(element) {
                    $0.real("mean", estimate.mean)
                    $0.integer("count", estimate.count)
                }
            }
        }
    }

    init(_ kind: RecordKind, from source: inout some RecordSource) throws(RecordFault) {
        switch kind {
        case .directory:
            self = .directory(
                TopologyDirectory(
                    nodes: try source.list("nodes") { source throws(RecordFault) in try source.identifier(element) },
                    links: try source.linkNames("links"), fingerprint: try source.unsigned("fingerprint")))
        case .counters:
            self = .counters(
                PlaneCounters(
                    revision: try source.unsigned("revision"), nextNumber: try source.unsigned("nextNumber"),
                    nextName: try source.integer("nextName"), occurrences: try source.unsigned("occurrences"),
                    decisions: try source.integer("decisions"),
                    passesUnadmitted: try source.flag("passesUnadmitted"),
                    reachabilityIsSettled: try source.flag("reachabilityIsSettled")))
        case .link:
            self = .link(
                LinkRecord(
                    state: try source.named("state"), failures: try source.integer("failures", in: 0...Int.max),
                    lastFailure: try source.instant("lastFailure"),
                    heldUntil: try source.optional("heldUntil") { source throws(RecordFault) in
                        try source.instant("heldUntil")
                    }))
        case .switch: self = .switch(revision: try source.unsigned("revision"))
        case .slot:
            if try source.flag("isLive") {
                self = .flow(try FlowRecord(from: &source))
            } else {
                self = .leaving(
                    LeavingRecord(
                        labels: try source.list("labels") { source throws(RecordFault) in try source.small(element) },
                        carriers: try source.list("carriers") { source throws(RecordFault) in
                            try source.carrier(element)
                        }))
            }
        case .ended:
            self = .ended(
                EndedRecord(view: try source.view("view"), history: try source.occurrences("history")))
        case .automaton:
            self = .automaton(
                AutomatonRecord(
                    paths: try source.list("paths") { source throws(RecordFault) in try source.links(element) },
                    probabilities: try source.list("probabilities") { source throws(RecordFault) in
                        try source.real(element)
                    },
                    estimates: try source.list("estimates") { source throws(RecordFault) in
                        try source.group(element) { source throws(RecordFault) in
                            AutomatonRecord.Estimate(
                                mean: try source.real("mean"), count: try source.integer("count"))
                        }
                    }))
        }
    }
}

extension FlowRecord {
    fileprivate func write(to sink: inout some RecordSink) {
        sink.unsigned("number", number)
        sink.unsigned("client", client.raw)
        sink.instant("submitted", submitted)
        sink.request("request", request)
        sink.list("directions", directions) { $0.flow(element, $1) }
        sink.integer("weight", weight)
        sink.flag("mayPreempt", mayPreempt)
        sink.flag("yields", yields)
        sink.integer("setup", engineering.setup)
        sink.integer("hold", engineering.hold)
        sink.integer("classType", engineering.classType)
        sink.text("state", state.rawValue)
        sink.list("reasons", reasons) { $0.reason(element, $1) }
        sink.optional("placement", placement) { sink, places in
            sink.list("placement", places) { sink, place in
                sink.group(element) { sink in
                    sink.bandwidth("bandwidth", place.bandwidth)
                    sink.links("path", place.path)
                    sink.links("backup", place.backup)
                    sink.list("split", place.split) { sink, share in
                        sink.group(element) {
                            $0.links("path", share.path)
                            $0.integer("weight", share.weight)
                        }
                    }
                }
            }
        }
        sink.optional("expires", expires) { $0.instant("expires", $1) }
        sink.instant("placedAt", placedAt)
        sink.flag("isKeptWhole", isKeptWhole)
        sink.list("refusedBy", refusedBy) { $0.index(element, $1) }
        sink.optional("blockedBy", blockedBy) { $0.links("blockedBy", $1) }
        sink.list("labels", labels) { sink, label in sink.optional(element, label) { $0.integer(element, Int($1)) } }
        sink.list("formerLabels", formerLabels) { $0.integer(element, Int($1)) }
        sink.occurrences("history", history)
        sink.flag("awaitsGrowth", awaitsGrowth)
        sink.list("carriers", carriers) { $0.carrier(element, $1) }
    }

    fileprivate init(from source: inout some RecordSource) throws(RecordFault) {
        let (number, client) = (try source.unsigned("number"), ClientID(try source.unsigned("client")))
        let submitted = try source.instant("submitted")
        let request = try source.request("request")
        self.init(
            number: number, client: client, submitted: submitted, request: request,
            directions: try source.list("directions") { source throws(RecordFault) in
                try source.flow(element, of: request)
            },
            weight: try source.integer("weight", in: 0...Limits.weight), mayPreempt: try source.flag("mayPreempt"),
            yields: try source.flag("yields"),
            engineering: EngineeringRecord(
                setup: try source.integer("setup"), hold: try source.integer("hold"),
                classType: try source.integer("classType")),
            state: try source.named("state"),
            reasons: try source.list("reasons") { source throws(RecordFault) in try source.reason(element) },
            placement: try source.optional("placement") { source throws(RecordFault) in
                try source.list("placement") { source throws(RecordFault) in
                    try source.group(element) { source throws(RecordFault) in
                        PlacementRecord(
                            bandwidth: try source.bandwidth("bandwidth"), path: try source.links("path"),
                            backup: try source.links("backup"),
                            split: try source.list("split") { source throws(RecordFault) in
                                try source.group(element) { source throws(RecordFault) in
                                    PlacementRecord.Share(
                                        path: try source.links("path"), weight: try source.integer("weight"))
                                }
                            })
                    }
                }
            },
            expires: try source.optional("expires") { source throws(RecordFault) in try source.instant("expires") },
            placedAt: try source.instant("placedAt"), isKeptWhole: try source.flag("isKeptWhole"),
            refusedBy: try source.list("refusedBy") { source throws(RecordFault) in try source.index(element) },
            blockedBy: try source.optional("blockedBy") { source throws(RecordFault) in
                try source.links("blockedBy")
            },
            labels: try source.list("labels") { source throws(RecordFault) in
                try source.optional(element) { source throws(RecordFault) in try source.small(element) }
            },
            formerLabels: try source.list("formerLabels") { source throws(RecordFault) in
                try source.small(element)
            }, history: try source.occurrences("history"),
            awaitsGrowth: try source.flag("awaitsGrowth"),
            carriers: try source.list("carriers") { source throws(RecordFault) in try source.carrier(element) })
    }
}
