// The order in which a flow's rules may change so that at every instant each of its packets arrives and none loops.
//
// A packet's state is the link it came by; a rule maps it to the next link. Say the old rules lead every state in use
// to the end, and so do the new ones. Round 1 adds the new rules that replace nothing: no packet gets to them yet. Then
// the rules that replace an old one follow from egress to ingress, one round each: when one flips, everything after it
// on the new path has already flipped, so a packet that meets a flipped rule follows the new path to its end, and one
// that meets none follows the old path to its end. The ingress is last. Then the old rules that no packet reaches any
// more go. A first installation and a removal are the two special cases, removal with the ingress first.
//
// A split flow's rules form a graph without circles instead of a line; its rules are listed so that none comes before one
// that leads to it, and the same order serves. A rule and the group that it sends to change together: as one row, since
// a group of other weights or other ways on is another next hop.
// (Compare Foerster, Schmid, Vissicchio, "Survey of consistent software-defined network updates", 2019: this is the
// backward order of loop-free updates, which suffices because rules see the incoming link.)

package import SluiceModel

/// Changes that may be made at the same time, by switch in ascending order.
package typealias UpdateRound = [(switch: NodeIndex, change: SwitchChange)]

package enum UpdatePlan {
    /// Rounds that lead from what is installed to `target`; each must be confirmed before the next begins.
    ///
    /// `installed` may be the leftover of an update that was given up half way.
    package static func rounds(from installed: FlowRules, to target: FlowRules) -> [UpdateRound] {
        if target.rules.isEmpty { return removal(of: installed) }
        var rounds: [UpdateRound] = []
        var additions = RoundDraft()
        var replacements: [PlacedRule] = []
        for (position, placed) in target.rules.enumerated() {
            let old = installed.rule(like: placed)
            if old == placed { continue }
            if position == 0 || old != nil {
                replacements.append(placed)
            } else {
                additions.add(placed, replacing: nil)
            }
        }
        rounds.append(additions.round)
        let meterChanged = target.meter != installed.meter || target.ingress != installed.ingress
        var meterPending = meterChanged ? target.meter : nil
        for placed in replacements.reversed() {
            var round = RoundDraft()
            round.add(placed, replacing: installed.rule(like: placed))
            if placed.switch == target.ingress, placed == target.rules.first, let meter = meterPending {
                round.add(meter, at: placed.switch)
                meterPending = nil
            }
            rounds.append(round.round)
        }
        if let meter = meterPending, let ingress = target.ingress {
            var round = RoundDraft()
            round.add(meter, at: ingress)
            rounds.append(round.round)
        }
        var removals = RoundDraft()
        for placed in installed.rules where target.rule(like: placed) == nil { removals.remove(placed) }
        if let meter = installed.meter, let ingress = installed.ingress,
            ingress != target.ingress || meter.id != target.meter?.id
        {
            removals.remove(meter, at: ingress)
        }
        rounds.append(removals.round)
        return rounds.filter { !$0.isEmpty }
    }

    private static func removal(of installed: FlowRules) -> [UpdateRound] {
        guard let ingressRule = installed.rules.first else { return [] }
        var first = RoundDraft()
        first.remove(ingressRule)
        if let meter = installed.meter { first.remove(meter, at: ingressRule.switch) }
        var rest = RoundDraft()
        for placed in installed.rules.dropFirst() { rest.remove(placed) }
        return [first.round, rest.round].filter { !$0.isEmpty }
    }
}

extension FlowRules {
    /// The rule on the same row of the same switch.
    package func rule(like other: PlacedRule) -> PlacedRule? {
        rules.first { $0.switch == other.switch && $0.rule.key == other.rule.key }
    }
}

/// One round while it is put together.
private struct RoundDraft {
    private var changes: UpdateRound = []

    var round: UpdateRound { changes.count > 1 ? changes.sorted { $0.switch < $1.switch } : changes }

    /// Paths are short: looking for the switch is faster than a table of them.
    private mutating func position(of node: NodeIndex) -> Int {
        if let position = changes.firstIndex(where: { $0.switch == node }) { return position }
        changes.append((node, SwitchChange()))
        return changes.count - 1
    }

    /// Sets a rule and its group. A group that only has other buckets changes alone, and one that is not needed any more
    /// goes after the rule that used it.
    mutating func add(_ placed: PlacedRule, replacing old: PlacedRule?) {
        let place = position(of: placed.switch)
        if let group = placed.group, group != old?.group { changes[place].change.groups.append(group) }
        if placed.rule != old?.rule { changes[place].change.rules.append(placed.rule) }
        if let former = old?.group, former.id != placed.group?.id {
            changes[place].change.deletedGroups.append(former.id)
        }
    }
    mutating func add(_ meter: Meter, at node: NodeIndex) {
        changes[position(of: node)].change.meters.append(meter)
    }
    mutating func remove(_ placed: PlacedRule) {
        let place = position(of: placed.switch)
        changes[place].change.deletedRules.append(
            SwitchChange.DeletedRule(key: placed.rule.key, cookie: placed.rule.cookie))
        if let group = placed.group { changes[place].change.deletedGroups.append(group.id) }
    }
    mutating func remove(_ meter: Meter, at node: NodeIndex) {
        changes[position(of: node)].change.deletedMeters.append(meter.id)
    }
}
