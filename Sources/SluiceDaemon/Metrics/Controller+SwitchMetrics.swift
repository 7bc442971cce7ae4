// How the switches that speak OpenFlow with the daemon are doing, as metrics.

import SluiceModel
import SluiceOpenFlow

extension Controller {
    func writeSwitches(to text: inout PrometheusText) {
        let bound = southbound.ofNode.sorted { $0.key < $1.key }.compactMap { node, id in
            southbound.connections[id].map { (name: node.text, connection: $0) }
        }
        text.single(
            "sluice_switch_connections", .gauge, "Connections to switches by OpenFlow, known or not yet.",
            Double(southbound.connections.count))
        text.single(
            "sluice_switch_handshakes_failed_total", .counter, "TLS handshakes with switches that failed.",
            Double(metrics.failedHandshakes))
        text.single(
            "sluice_switch_polls_total", .counter, "Questions for counters that switches were asked.",
            Double(southbound.pollCount))
        text.family(
            "sluice_switch_echo_seconds", .gauge, "Round trip of the last echo over the control channel of a switch.")
        for (name, connection) in bound {
            if let seconds = connection.echoSeconds { text.sample(seconds, [("switch", name)]) }
        }
        text.family("sluice_switch_rules", .gauge, "Rules of ours that a switch has confirmed to hold.")
        for (name, connection) in bound {
            text.sample(connection.agent.installedCount, [("switch", name)])
        }
        text.family("sluice_switch_rule_packets", .gauge, "Packets counted by the rules of ours that a switch holds.")
        for (name, connection) in bound {
            if let count = connection.ruleCount { text.sample(Double(count.packets), [("switch", name)]) }
        }
        text.family("sluice_switch_group_packets", .gauge, "Packets counted by the groups that a switch holds.")
        for (name, connection) in bound {
            if let count = connection.groupCount { text.sample(Double(count.packets), [("switch", name)]) }
        }
    }
}
