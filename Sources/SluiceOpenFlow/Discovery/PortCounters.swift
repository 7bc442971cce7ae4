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

    /// A queue of a port.
    private struct Queue: Hashable {
        var port: UInt32
        var number: UInt32
    }

    private var readings: [UInt32: Reading] = [:]
    private var queues: [Queue: QueueStatistics] = [:]

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

    /// The share of packets that the queues of each port have dropped since the reading before, of those they were to
    /// send; ports whose queues were to send none are left out.
    package mutating func record(_ statistics: [QueueStatistics]) -> [(port: UInt32, lossRatio: Double)] {
        var sums: [UInt32: (sent: Double, lost: Double)] = [:]
        for present in statistics where present.port <= Port.largestNumber {
            let queue = Queue(port: present.port, number: present.queue)
            defer { queues[queue] = present }
            guard let former = queues[queue], present.packetsSent >= former.packetsSent,
                present.errorsSent != .max, present.errorsSent >= former.errorsSent
            else { continue }
            sums[present.port, default: (0, 0)].sent += Double(present.packetsSent - former.packetsSent)
            sums[present.port, default: (0, 0)].lost += Double(present.errorsSent - former.errorsSent)
        }
        return sums.sorted { $0.key < $1.key }.compactMap { port, sum in
            sum.sent + sum.lost > 0 ? (port, sum.lost / (sum.sent + sum.lost)) : nil
        }
    }

    /// All ones says that the switch does not count (section A.3.5.6).
    private static func lost(_ statistics: PortStatistics) -> UInt64 {
        let dropped = statistics.droppedSent == .max ? 0 : statistics.droppedSent
        let broken = statistics.errorsSent == .max ? 0 : statistics.errorsSent
        return dropped.addingReportingOverflow(broken).partialValue
    }

    package mutating func forget() {
        readings = [:]
        queues = [:]
    }
}
