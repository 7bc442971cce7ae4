// Rules in the JSON that ofctl_rest made customary (OpenFlow 1.3).

import SluiceControlPlane
import SluiceForwarding
import SluiceJSON
import SluiceModel

extension JSONWriter {
    mutating func switchRules(_ rules: SwitchRules) {
        object { writer in
            writer.member("switch", rules.switch.text)
            writer.member("dpid", rules.datapath.raw)
            writer.member("revision", rules.revision)
            writer.member("confirmedRevision", rules.confirmedRevision)
            writer.member("owned", rules.isOwned)
            writer.additions(rules.content, of: rules.datapath)
        }
    }

    /// The params of `rules.transaction`.
    mutating func transaction(_ transaction: RulesTransaction) {
        object { writer in
            writer.member("switch", transaction.switch.text)
            writer.member("dpid", transaction.datapath.raw)
            writer.member("revision", transaction.revision)
            writer.member("round", transaction.round)
            if transaction.isSnapshot { writer.member("snapshot", true) }
            writer.additions(transaction.change, of: transaction.datapath)
            writer.member("delete", transaction.change.deletedRules) { rule, writer in
                writer.object { writer in
                    writer.member("cookie", rule.cookie)
                    writer.match(rule.key.match)
                    writer.member("priority", Int(rule.key.priority))
                    writer.member("table_id", Int(rule.key.table))
                }
            }
            if !transaction.change.deletedGroups.isEmpty {
                writer.member("deleteGroups", transaction.change.deletedGroups) { $1.integer(Int($0)) }
            }
            if !transaction.change.deletedMeters.isEmpty {
                writer.member("deleteMeters", transaction.change.deletedMeters) { $1.integer(Int($0)) }
            }
        }
    }

    private mutating func additions(_ change: SwitchChange, of datapath: DatapathID) {
        member("meters", change.meters) { meter, writer in
            writer.object { writer in
                writer.member("dpid", datapath.raw)
                writer.member("meter_id", Int(meter.id))
                writer.member("flags", ["KBPS", "BURST", "STATS"])
                writer.name("bands")
                writer.beginArray()
                writer.object { writer in
                    writer.member("type", "DROP")
                    writer.member("rate", Int(meter.rateKilobitsPerSecond))
                    writer.member("burst_size", Int(meter.burstKilobits))
                }
                writer.endArray()
            }
        }
        member("groups", change.groups) { group, writer in
            writer.object { writer in
                writer.member("dpid", datapath.raw)
                writer.member("group_id", Int(group.id))
                writer.member("type", group.kind.rawValue)
                writer.member("buckets", group.buckets) { bucket, writer in
                    writer.object { writer in
                        writer.member("weight", bucket.weight.map { Int($0) })
                        writer.member("watch_port", bucket.watchPort.map { Int($0.raw) })
                        writer.actions(bucket.actions)
                    }
                }
            }
        }
        member("flows", change.rules) { rule, writer in
            writer.object { writer in
                writer.member("dpid", datapath.raw)
                writer.member("cookie", rule.cookie)
                writer.member("table_id", Int(rule.key.table))
                writer.member("priority", Int(rule.key.priority))
                writer.member("idle_timeout", 0)
                writer.member("hard_timeout", 0)
                writer.match(rule.key.match)
                writer.actions(rule.actions)
            }
        }
    }

    private mutating func match(_ match: RuleMatch) {
        name("match")
        object { writer in
            writer.member("in_port", match.inPort.map { Int($0.raw) })
            if let label = match.label {
                writer.member("eth_type", Int(RuleAction.etherTypeMPLS))
                writer.member("mpls_label", Int(label))
            }
            match.fields.writeMembers(to: &writer)
        }
    }

    private mutating func actions(_ actions: [RuleAction]) {
        member("actions", actions) { action, writer in
            writer.object { writer in
                switch action {
                case .meter(let id):
                    writer.member("type", "METER")
                    writer.member("meter_id", Int(id))
                case .group(let id):
                    writer.member("type", "GROUP")
                    writer.member("group_id", Int(id))
                case .output(let port):
                    writer.member("type", "OUTPUT")
                    writer.member("port", Int(port.raw))
                case .setDSCP(let value):
                    writer.member("type", "SET_FIELD")
                    writer.member("field", "ip_dscp")
                    writer.member("value", Int(value))
                case .pushLabel:
                    writer.member("type", "PUSH_MPLS")
                    writer.member("ethertype", Int(RuleAction.etherTypeMPLS))
                case .setLabel(let label):
                    writer.member("type", "SET_FIELD")
                    writer.member("field", "mpls_label")
                    writer.member("value", Int(label))
                case .popLabel(let etherType):
                    writer.member("type", "POP_MPLS")
                    writer.member("ethertype", Int(etherType))
                }
            }
        }
    }
}
