// Mistakes that a test plants to see that the simulator finds them, each of a kind that has hurt systems like this one.
// Nothing but tests ever sets one.

package import SluiceModel

package enum PlantedDefect: String, Hashable, Sendable, CaseIterable {
    /// Of what flows that give way have held, a part is not released.
    case ledgerLeak
    /// A flow gives way to one that is only as important.
    case priorityOffByOne
    /// The next round of an update is sent before the switches have confirmed the one before.
    case missingBarrier
    /// A client that has come back is not sent its first answer; planted in the shell around the control plane.
    case lostReply
    /// An entry of the journal is told to be durable before it is synced; planted in the disk.
    case unsyncedJournal
}

extension ControlPlane {
    /// Holds one bit a second of what a victim has just released, where there is room for it.
    mutating func leak(_ victims: [Int], _ consequences: Consequences) {
        let bit = Bandwidth(bitsPerSecond: 1)
        for slot in victims {
            let holder = flows[slot].holder(0)
            for link in consequences.before(slot)?.first?.links ?? [] where holdings.fits(bit, on: [link], for: holder)
            {
                holdings.hold(bit, on: [link], by: holder)
                return
            }
        }
    }
}

extension ControlPlane {
    /// Whether a switch is believed to have no room for another rule. Mutating, or the whole value would be copied for
    /// the call, as for the next.
    package mutating func hasFullTables() -> Bool { !ruleRoom.full.isEmpty }

    /// What flows hold on `link`.
    package mutating func heldBitsPerSecond(on link: LinkIndex) -> Int { held(on: link).bitsPerSecond }

    /// How much waits, or is remembered, where something could grow without bound.
    package var queueLengths: (timers: Int, transactions: Int, ended: Int) {
        (timers.count, installation.switches.map(\.recent.count).max() ?? 0, ended.all.count)
    }
}
