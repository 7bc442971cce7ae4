// From counters of ports to what links carry: the difference of two readings over the time between them.

package import SluiceModel

package struct PortCounters: Sendable {
    /// What a port has sent since the reading before.
    package struct Rate: Hashable, Sendable {
        package var port: UInt32
        package var bitsPerSecond: Double
        /// Packets that it dropped or broke on sending, of those it was to send; nil where it was to send none.
        package var lossRatio: Double?
    }

    private struct Reading {
        var statistics: PortStatistics
        var time: Instant
    }

    private var readings: [UInt32: Reading] = [:]

    package init() {}

    /// Takes note of `statistics` and answers what they say of each port since the last time; nothing for ports seen for
    /// the first time, or whose counters have started anew.
    package mutating func record(_ statistics: [PortStatistics], at now: Instant) -> [Rate] {
        var rates: [Rate] = []
        for present in statistics where present.port <= Port.largestNumber {
            defer { readings[present.port] = Reading(statistics: present, time: now) }
            guard let former = readings[present.port] else { continue }
            let seconds = now.seconds(since: former.time)
            guard seconds > 0, present.bytesSent >= former.statistics.bytesSent,
                present.packetsSent >= former.statistics.packetsSent
            else { continue }
            let sent = present.packetsSent - former.statistics.packetsSent
            let lost = Self.lost(present).subtractingReportingOverflow(Self.lost(former.statistics))
            let total = sent.addingReportingOverflow(lost.overflow ? 0 : lost.partialValue)
            rates.append(
                Rate(
                    port: present.port,
                    bitsPerSecond: Double(present.bytesSent - former.statistics.bytesSent) * 8 / seconds,
                    lossRatio: total.overflow || total.partialValue == 0 || lost.overflow
                        ? nil : Double(lost.partialValue) / Double(total.partialValue)))
        }
        return rates
    }

    /// All ones says that the switch does not count (section A.3.5.6).
    private static func lost(_ statistics: PortStatistics) -> UInt64 {
        let dropped = statistics.droppedSent == .max ? 0 : statistics.droppedSent
        let broken = statistics.errorsSent == .max ? 0 : statistics.errorsSent
        return dropped.addingReportingOverflow(broken).partialValue
    }

    package mutating func forget() { readings = [:] }
}
