// How far the switches have got with one flow.

import SluiceForwarding
import SluiceModel

/// What the switches should do for one carrier.
struct InstallationTarget: Hashable, Sendable {
    var number: UInt64
    var level: Int
    var rules: FlowRules
    var links: [LinkIndex]
    var bandwidth: Int
}

struct FlowInstallation: Sendable {
    struct Occupied: Hashable, Sendable {
        var link: Int
        var bandwidth: Int
    }

    /// A revision of a switch that holds the flow's rules.
    struct Mark: Hashable, Sendable {
        var node: Int
        var revision: UInt64
    }

    enum Phase: Hashable, Sendable {
        case idle
        case running
        /// A switch refused a rule: what is installed stays until the target changes.
        case failed
    }

    var number: UInt64
    var level: Int
    /// Rules that have been sent, the ingress first.
    var installed = FlowRules()
    /// What packets of the flow may use now: the old path until its rules are gone, and the new one from the start.
    var occupied: [Occupied] = []
    /// Nil: nothing is to be installed, and the carrier is over.
    var target: InstallationTarget?
    /// The target is newer than the rounds being sent.
    var isStale = false
    var phase = Phase.idle
    var rounds: [UpdateRound] = []
    var nextRound = 0
    var awaiting: [Mark] = []
    /// For each switch that holds its rules the first revision that does.
    var marks: [Mark] = []
    var isActive = false
    /// Its rules are taken away first, to let others into its place.
    var isInterrupted = false
    /// A full table has refused a rule: it waits for rows, and keeps its room meanwhile.
    var awaitsRows = false

    init(number: UInt64, level: Int) {
        self.number = number
        self.level = level
    }

    /// Takes note of a change sent to `node`.
    mutating func record(_ change: SwitchChange, at node: NodeIndex) {
        for deleted in change.deletedRules {
            installed.rules.removeAll { $0.switch == node && $0.rule.key == deleted.key }
        }
        for rule in change.rules {
            let group = change.groups.first { rule.actions.contains(.group($0.id)) }
            let place = installed.rules.firstIndex { $0.switch == node && $0.rule.key == rule.key }
            let known = place.flatMap { installed.rules[$0].group }
            let kept = known.flatMap { rule.actions.contains(.group($0.id)) ? $0 : nil }
            let placed = PlacedRule(switch: node, rule: rule, group: group ?? kept)
            if let place {
                installed.rules[place] = placed
            } else if let first = target?.rules.rules.first, first.switch == node, first.rule == rule {
                installed.rules.insert(placed, at: 0)
            } else {
                installed.rules.append(placed)
            }
        }
        for group in change.groups {
            // One that changed alone; the others have come with their rules.
            let place = installed.rules.firstIndex { $0.switch == node && $0.group?.id == group.id }
            if let place {
                installed.rules[place] = PlacedRule(switch: node, rule: installed.rules[place].rule, group: group)
            }
        }
        for meter in change.meters { installed.meter = meter }
        if let meter = installed.meter, change.deletedMeters.contains(meter.id) { installed.meter = nil }
    }

    mutating func mark(_ node: Int, _ revision: UInt64) {
        if let place = marks.firstIndex(where: { $0.node == node }) {
            marks[place].revision = revision
        } else {
            marks.append(Mark(node: node, revision: revision))
        }
    }
}
