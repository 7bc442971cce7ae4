// Fields of rules, for flows whose switches are being changed while the state is recorded.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel

extension RecordSink {
    mutating func carrier(_ name: String, _ value: CarrierRecord?) {
        optional(name, value) { sink, value in
            sink.group(name) { sink in
                switch value {
                case .settled(let meter):
                    sink.flag("isSettled", true)
                    sink.optional("meter", meter) { $0.meter("meter", $1) }
                case .underWay(let state):
                    sink.flag("isSettled", false)
                    sink.unsigned("number", state.number)
                    sink.integer("level", state.level)
                    sink.list("rules", state.rules) { $0.rule(element, $1) }
                    sink.optional("meter", state.meter) { $0.meter("meter", $1) }
                    sink.optional("targetMeter", state.targetMeter) { $0.meter("targetMeter", $1) }
                    sink.list("occupied", state.occupied) { sink, held in
                        sink.group(element) {
                            $0.index("link", held.link)
                            $0.bandwidth("bandwidth", held.bandwidth)
                        }
                    }
                    sink.flag("hasFailed", state.hasFailed)
                    sink.flag("isStale", state.isStale)
                    sink.flag("isInterrupted", state.isInterrupted)
                }
            }
        }
    }

    private mutating func meter(_ name: String, _ value: Meter) {
        group(name) {
            $0.integer("id", Int(value.id))
            $0.integer("rate", Int(value.rateKilobitsPerSecond))
            $0.integer("burst", Int(value.burstKilobits))
        }
    }

    private mutating func rule(_ name: String, _ value: PlacedRule) {
        group(name) { sink in
            sink.index("switch", value.switch)
            sink.unsigned("cookie", value.rule.cookie)
            sink.integer("table", Int(value.rule.key.table))
            sink.integer("priority", Int(value.rule.key.priority))
            sink.optional("inPort", value.rule.key.match.inPort) { $0.integer("inPort", Int($1.raw)) }
            sink.optional("label", value.rule.key.match.label) { $0.integer("label", Int($1)) }
            sink.match("match", value.rule.key.match.fields)
            sink.list("actions", value.rule.actions) { $0.action(element, $1) }
            sink.optional("group", value.group) { $0.ruleGroup("group", $1) }
        }
    }

    private mutating func ruleGroup(_ name: String, _ value: Group) {
        group(name) { sink in
            sink.integer("id", Int(value.id))
            sink.text("kind", value.kind.rawValue)
            sink.list("buckets", value.buckets) { sink, bucket in
                sink.group(element) { sink in
                    sink.optional("weight", bucket.weight) { $0.integer("weight", Int($1)) }
                    sink.optional("watchPort", bucket.watchPort) { $0.integer("watchPort", Int($1.raw)) }
                    sink.list("actions", bucket.actions) { $0.action(element, $1) }
                }
            }
        }
    }

    private mutating func action(_ name: String, _ value: RuleAction) {
        let (kind, operand): (ActionKind, Int) =
            switch value {
            case .meter(let id): (.meter, Int(id))
            case .group(let id): (.group, Int(id))
            case .output(let port): (.output, Int(port.raw))
            case .setDSCP(let value): (.setDSCP, Int(value))
            case .pushLabel: (.pushLabel, 0)
            case .setLabel(let label): (.setLabel, Int(label))
            case .popLabel(let etherType): (.popLabel, Int(etherType))
            }
        group(name) {
            $0.text("kind", kind.rawValue)
            $0.integer("operand", operand)
        }
    }
}

private enum ActionKind: String {
    case meter, group, output, pushLabel, setLabel, popLabel, setDSCP
}

extension RecordSource {
    mutating func carrier(_ name: String) throws(RecordFault) -> CarrierRecord? {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                if try source.flag("isSettled") { return .settled(meter: try source.meter("meter")) }
                return .underWay(
                    CarrierRecord.UnderWay(
                        number: try source.unsigned("number"), level: try source.integer("level"),
                        rules: try source.list("rules") { source throws(RecordFault) in try source.rule(element) },
                        meter: try source.meter("meter"), targetMeter: try source.meter("targetMeter"),
                        occupied: try source.list("occupied") { source throws(RecordFault) in
                            try source.group(element) { source throws(RecordFault) in
                                CarrierRecord.Occupied(
                                    link: try source.index("link"), bandwidth: try source.bandwidth("bandwidth"))
                            }
                        },
                        hasFailed: try source.flag("hasFailed"), isStale: try source.flag("isStale"),
                        isInterrupted: try source.flag("isInterrupted")))
            }
        }
    }

    private mutating func meter(_ name: String) throws(RecordFault) -> Meter? {
        try optional(name) { source throws(RecordFault) in
            try source.group(name) { source throws(RecordFault) in
                Meter(
                    id: try source.small("id"), rateKilobitsPerSecond: try source.small("rate"),
                    burstKilobits: try source.small("burst"))
            }
        }
    }

    private mutating func rule(_ name: String) throws(RecordFault) -> PlacedRule {
        try group(name) { source throws(RecordFault) in
            let node: NodeIndex = try source.index("switch")
            let cookie = try source.unsigned("cookie")
            let (table, priority): (UInt8, UInt16) = (try source.small("table"), try source.small("priority"))
            let inPort: UInt32? = try source.optionalSmall("inPort")
            let label: UInt32? = try source.optionalSmall("label")
            let fields = try source.match("match")
            guard label == nil || fields.isEmpty else { throw .invalid(field: "label") }
            let actions = try source.list("actions") { source throws(RecordFault) in try source.action(element) }
            return PlacedRule(
                switch: node,
                rule: Rule(
                    key: Rule.Key(
                        table: table, priority: priority,
                        match: RuleMatch(inPort: inPort.map { PortNumber($0) }, label: label, fields: fields)),
                    cookie: cookie, actions: actions),
                group: try source.optional("group") { source throws(RecordFault) in try source.ruleGroup("group") })
        }
    }

    private mutating func ruleGroup(_ name: String) throws(RecordFault) -> Group {
        try group(name) { source throws(RecordFault) in
            let id: UInt32 = try source.small("id")
            let kind: Group.Kind = try source.named("kind")
            return Group(
                id: id, kind: kind,
                buckets: try source.list("buckets") { source throws(RecordFault) in
                    try source.group(element) { source throws(RecordFault) in
                        let weight: UInt16? = try source.optionalSmall("weight")
                        let port: UInt32? = try source.optionalSmall("watchPort")
                        return Group.Bucket(
                            weight: weight, watchPort: port.map { PortNumber($0) },
                            actions: try source.list("actions") { source throws(RecordFault) in
                                try source.action(element)
                            })
                    }
                })
        }
    }

    private mutating func action(_ name: String) throws(RecordFault) -> RuleAction {
        try group(name) { source throws(RecordFault) in
            let kind: ActionKind = try source.named("kind")
            switch kind {
            case .meter: return .meter(try source.small("operand"))
            case .group: return .group(try source.small("operand"))
            case .output: return .output(PortNumber(try source.small("operand")))
            case .pushLabel:
                _ = try source.integer("operand")
                return .pushLabel
            case .setDSCP: return .setDSCP(try source.small("operand"))
            case .setLabel: return .setLabel(try source.small("operand"))
            case .popLabel: return .popLabel(etherType: try source.small("operand"))
            }
        }
    }
}
