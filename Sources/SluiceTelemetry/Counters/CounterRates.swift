// From totals to rates: what a port sent between two reports, over the time between them by its agent's own clock.

import SluiceModel

struct CounterRates: Sendable {
    /// Longest time between two reports of a port of which the later one still means the time between.
    static let gapSecondsMax = 600.0
    /// Above full use by this much a count is not believed; below it is what inexact clocks do.
    static let utilisationMax = 1.1

    private struct Reading {
        var counters: PortCounters
        var uptimeMilliseconds: UInt32
    }

    private var last: [LinkIndex: Reading] = [:]

    /// The measurement of `link` since the last reading; nil for the first reading, one after a restart of the agent or
    /// its counters, and one after too long a silence.
    mutating func sample(
        of link: Link, from counters: PortCounters, uptimeMilliseconds: UInt32
    ) throws(ReportRefusal) -> LinkSample? {
        defer { last[link.index] = Reading(counters: counters, uptimeMilliseconds: uptimeMilliseconds) }
        guard let before = last[link.index] else { return nil }
        let seconds = Double(uptimeMilliseconds &- before.uptimeMilliseconds) / 1_000
        guard seconds > 0, seconds <= Self.gapSecondsMax else { return nil }
        var sample = LinkSample(link: link.index)
        if let octets = counters.octets, let former = before.counters.octets {
            guard octets >= former else { return nil }
            let capacity = Double(max(1, link.capacity.bitsPerSecond))
            let utilisation = Double(octets - former) * 8 / seconds / capacity
            guard utilisation <= Self.utilisationMax else { throw .impossibleValue }
            sample.utilisation = min(1, utilisation)
        }
        if let discards = counters.discards, let formerDiscards = before.counters.discards,
            let packets = counters.packets, let formerPackets = before.counters.packets
        {
            let (lost, sent) = (discards &- formerDiscards, packets &- formerPackets)
            // Half the range ahead is behind: the switch has begun to count anew.
            if lost < 1 << 31, sent < 1 << 31, lost + sent > 0 {
                sample.lossRatio = Double(lost) / (Double(lost) + Double(sent))
            }
        }
        return sample.utilisation == nil && sample.lossRatio == nil ? nil : sample
    }
}
