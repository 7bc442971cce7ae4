// Datagrams in, the newest measurement of each link out: INT telemetry reports, and the interface counters of sFlow. A
// flood of reports costs decoding and nothing else: what waits is one slot a link, however many reports arrive between two
// hand-overs.

package import SluiceModel

/// Takes reports, drops what is not believable and counts why, and keeps the newest measurement of each link until it
/// is drained.
package struct ReportIntake: Sendable {
    /// Most (node, hardware) senders whose sequence numbers are followed.
    package static let sendersMax = 65_536
    /// Age of the last report from which on any sequence number is accepted again: the sender may have restarted.
    package static let forgetSequenceSeconds = 10.0
    /// Most reports that may be missing before one. A number further ahead is believed when the next one follows it, so
    /// that a single forged report does not shut out the true ones (as in RTP: RFC 3550, appendix A.1).
    package static let gapMax = 65_536

    package private(set) var refusals = RefusalCounts()
    /// Datagrams that were decoded and neither duplicate nor reordered.
    package private(set) var reports = 0
    /// Measurements that were taken.
    package private(set) var samples = 0
    /// Reports that the sequence numbers of their senders show to be missing.
    package private(set) var lostReports = 0

    private var decoder: ReportDecoder
    private var mapper: HopMapper
    private var topology: Topology
    private var rates = CounterRates()
    private var ports: [PortCounters] = []
    private var senders: [Sender: LastReport] = [:]
    private var slots: [LinkSample?]
    /// Links whose slot is filled, in the order of their first measurement.
    private var filled: [LinkIndex] = []
    private var hops: [HopMetadata] = []

    private enum Sender: Hashable {
        case node(UInt32, hardware: UInt8)
        case agent(UInt128, subAgent: UInt32)
    }

    private struct LastReport {
        var sequence: UInt32
        var time: Instant
        /// The number that would confirm a leap ahead.
        var confirmation: UInt32?
    }

    /// When senders that have fallen silent were last forgotten.
    private var lastPurge: Instant?

    package init(topology: Topology, format: ReportFormat = ReportFormat(), units: HopUnits = HopUnits()) {
        decoder = ReportDecoder(format: format)
        mapper = HopMapper(topology: topology, units: units)
        self.topology = topology
        slots = Array(repeating: nil, count: topology.links.count)
    }

    /// Whether a measurement waits to be drained.
    package var holdsSamples: Bool { !filled.isEmpty }

    /// Reads from now on for another network or in other units; what was counted stays counted.
    package mutating func adopt(topology: Topology, format: ReportFormat, units: HopUnits) {
        decoder = ReportDecoder(format: format)
        mapper = HopMapper(topology: topology, units: units)
        self.topology = topology
        rates = CounterRates()
        slots = Array(repeating: nil, count: topology.links.count)
        filled.removeAll()
    }

    /// Takes one UDP payload. Whatever is wrong with it is counted in `refusals`.
    package mutating func receive(_ datagram: [UInt8], at now: Instant) {
        if CounterDecoder.begins(datagram) { return receiveCounters(datagram, at: now) }
        do throws(ReportRefusal) {
            let header = try decoder.decode(datagram, into: &hops)
            for _ in 0..<header.unsupportedReports { refusals.count(.unsupportedReport) }
            try follow(
                .node(header.nodeID, hardware: header.hardwareID), header.sequence, bits: header.sequenceBits, at: now)
        } catch {
            refusals.count(error)
            return
        }
        reports += 1
        for hop in hops {
            do throws(ReportRefusal) {
                keep(try mapper.sample(from: hop, at: now), at: now)
            } catch {
                refusals.count(error)
            }
        }
    }

    private mutating func receiveCounters(_ datagram: [UInt8], at now: Instant) {
        let header: CounterHeader
        do throws(ReportRefusal) {
            header = try CounterDecoder.decode(datagram, into: &ports)
            try follow(.agent(header.agent, subAgent: header.subAgent), header.sequence, bits: 32, at: now)
        } catch {
            refusals.count(error)
            return
        }
        reports += 1
        for counters in ports {
            do throws(ReportRefusal) {
                guard let datapath = counters.datapath, let port = counters.port else { throw .unknownInterface }
                let link = topology[try mapper.link(datapath: datapath, port: port)]
                let sample = try rates.sample(
                    of: link, from: counters, uptimeMilliseconds: header.uptimeMilliseconds)
                if let sample { keep(sample, at: now) }
            } catch {
                refusals.count(error)
            }
        }
    }

    /// A datagram whose sender is not allowed was seen and not looked at.
    package mutating func refuseSource() { refusals.count(.unknownSource) }

    /// The newest measurement of each link since the last call, in the order in which the links were first heard of.
    package mutating func drain() -> [LinkSample] {
        let drained = filled.compactMap { slots[$0.position] }
        for link in filled { slots[link.position] = nil }
        filled.removeAll(keepingCapacity: true)
        return drained
    }

    /// Sequence numbers wrap, so "before" means within half their range (RFC 1982).
    private mutating func follow(
        _ sender: Sender, _ sequence: UInt32, bits: Int, at now: Instant
    ) throws(ReportRefusal) {
        guard var last = senders[sender], now.seconds(since: last.time) < Self.forgetSequenceSeconds else {
            if senders[sender] == nil { makeRoomForSender(at: now) }
            if senders.count < Self.sendersMax || senders[sender] != nil {
                senders[sender] = LastReport(sequence: sequence, time: now)
            }
            return
        }
        let range = UInt64(1) << UInt64(bits)
        let ahead = (UInt64(sequence) + range - UInt64(last.sequence) % range) % range
        if ahead == 0 { throw .duplicate }
        if ahead > range / 2 { throw .reordered }
        if ahead <= UInt64(Self.gapMax) {
            lostReports += Int(ahead) - 1
        } else if last.confirmation != sequence {
            last.confirmation = UInt32((UInt64(sequence) + 1) % range)
            senders[sender] = last
            throw .reordered
        }
        senders[sender] = LastReport(sequence: sequence, time: now)
    }

    /// Where as many senders are followed as may be, those that have been silent are forgotten, once a second at most.
    private mutating func makeRoomForSender(at now: Instant) {
        guard senders.count >= Self.sendersMax, lastPurge.map({ now.seconds(since: $0) >= 1 }) ?? true else { return }
        lastPurge = now
        senders = senders.filter { now.seconds(since: $0.value.time) < Self.forgetSequenceSeconds }
    }

    /// Newest wins, quantity by quantity.
    private mutating func keep(_ sample: LinkSample, at now: Instant) {
        samples += 1
        let position = sample.link.position
        guard var slot = slots[position] else {
            slots[position] = sample
            filled.append(sample.link)
            return
        }
        if let known = slot.time, let time = sample.time, time < known { return }
        slot.time = sample.time ?? slot.time
        slot.utilisation = sample.utilisation ?? slot.utilisation
        slot.queueDepthBytes = sample.queueDepthBytes ?? slot.queueDepthBytes
        slot.latency = sample.latency ?? slot.latency
        slot.lossRatio = sample.lossRatio ?? slot.lossRatio
        slots[position] = slot
    }
}
