// A switch that says that its table is full has told how many rules it holds, if the topology has not. From then on
// admission counts by that, as it does where a capacity is stated; and a flow whose rule was refused, and that finds no
// way around the switch, takes the rows of less important ones, or waits for rows. A switch that comes back may hold
// more than before: it has to say again how much.

import SluiceForwarding
import SluiceModel

extension ControlPlane {
    /// What the switch at `node` holds now, without the rules that it has just refused, is what it can hold.
    mutating func learnTableSize(of node: NodeIndex) {
        let most = installation.switches[node.position].state.rules.count
        ruleRoom.learn(most, of: node.position)
        installation.learnTableSize(most, of: node.position)
        countBaseRules()
        // Who is placed beyond it stays until somebody more important needs the rows.
        tablesChanged = true
        for slot in flows.liveSlots {
            guard let placement = flows[slot].placement else { continue }
            ruleRoom.set(slot, rulesNeeded(by: flows[slot], at: placement))
        }
    }

    /// Forgets what the switch at `node`, which has come back, has shown of the size of its table.
    ///
    /// - Returns: whether it may hold more now than it was believed to.
    mutating func forgetTableSize(of node: Int) -> Bool {
        guard ruleRoom.forget(node) else { return false }
        installation.forgetTableSize(of: node)
        countBaseRules()
        return true
    }

    /// Takes flows of less importance off the full switch at `node` until the rules of the unit at `slot`, which is
    /// placed, have rows there: the least important first. They are placed elsewhere where there is a way. Nothing changes
    /// where the unit may not push others out, or all rows that it may take are not enough.
    mutating func takeRows(on node: NodeIndex, for slot: Int, _ consequences: inout Consequences) {
        let unit = flows[slot]
        let lacking = ruleRoom.lacking(on: node.position)
        guard mayPreempt(unit), lacking > 0 else { return }
        var given = 0
        var victims: [Int] = []
        let others = flows.liveSlots.filter { other in
            other != slot && flows[other].yields && flows[other].placement != nil
                && flows[other].engineering.hold < unit.engineering.setup
        }
        for other in others.sorted(by: { FlowUnit.inImportanceOrder(flows[$1], flows[$0]) }) where given < lacking {
            let count = ruleRoom.count(of: other, on: node.position)
            if count == 0 { continue }
            given += count
            victims.append(other)
        }
        guard given >= lacking else { return }
        for victim in victims {
            displace(victim, &consequences)
            consequences.displacedBy[victim] = unit.id
        }
        for victim in victims.reversed() { _ = place(victim, &consequences, preempting: false) }
        flows.modify(slot) { $0.reasons.removeAll { if case .installationFailed = $0 { true } else { false } } }
        judge(slot)
    }
}
