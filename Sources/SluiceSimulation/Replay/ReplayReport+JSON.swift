// The report as the one JSON document of `sluice replay --json`.

import SluiceCapture
import SluiceJSON
import SluiceModel

extension ReplayReport {
    /// Pretty-printed, with a line end. Without `measured` the same input gives the same bytes.
    package func jsonText(withMeasurements: Bool = true) -> String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        writer.name("captures")
        writer.beginArray()
        for capture in captures { writer.string(capture) }
        writer.endArray()
        writer.member("topology", topology.name)
        writer.member("policy", policyName)
        write(options, &writer)
        writeTraffic(&writer)
        writer.member("durationSeconds", durationSeconds)
        writer.name("telemetrySeconds")
        if let telemetrySeconds { writer.number(telemetrySeconds) } else { writer.null() }
        writeFaults(&writer)
        writeIntervals(&writer)
        writer.name("schemes")
        writer.beginArray()
        for result in results { write(result, &writer) }
        writer.endArray()
        if withMeasurements { writeMeasurements(&writer) }
        writer.endObject()
        return writer.text + "\n"
    }

    private func write(_ options: ReplayOptions, _ writer: inout JSONWriter) {
        writer.name("options")
        writer.beginObject()
        writer.member("scale", options.scale)
        writer.member("windowSeconds", options.windowSeconds)
        writer.member("idleTimeoutSeconds", options.episodes.idleTimeoutSeconds)
        writer.member("flowsBy", options.episodes.aggregation.word)
        writer.member("rate", options.rate.word)
        writer.member("seed", Int(clamping: options.seed))
        writer.endObject()
    }

    private func writeFaults(_ writer: inout JSONWriter) {
        writer.name("faults")
        writer.beginArray()
        for fault in faults {
            writer.beginObject()
            writer.name("links")
            writer.beginArray()
            for link in fault.links { writer.string(topology[link].id.text) }
            writer.endArray()
            writer.member("state", fault.state.rawValue)
            writer.member("seconds", fault.time.seconds(since: timeline.start))
            writer.endObject()
        }
        writer.endArray()
    }

    /// Where the intervals lie, and the optimum at the busiest instant of each.
    private func writeIntervals(_ writer: inout JSONWriter) {
        writer.name("intervals")
        writer.beginArray()
        for interval in 0..<timeline.count {
            writer.beginObject()
            writer.member("startSeconds", timeline.start(of: interval).seconds(since: timeline.start))
            writer.member("seconds", timeline.intervalSeconds)
            writer.member("busiestSeconds", timeline.samples[interval].seconds(since: timeline.start))
            if interval < optima.count {
                let optimum = optima[interval]
                writer.member("flowsOffered", optimum.flowsOffered)
                writer.member("weightOffered", optimum.weightOffered)
                writer.member("bandwidthOffered", optimum.bandwidthOffered)
                writer.member("optimum", optimum.weight)
                writer.member("optimumBound", optimum.bound)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func writeTraffic(_ writer: inout JSONWriter) {
        writer.name("traffic")
        writer.beginObject()
        writer.member("packets", traffic.packets)
        writer.member("bytes", traffic.bytes)
        writer.member("packetsNotIP", traffic.packetsNotIP)
        writer.member("packetsWithoutTime", traffic.packetsWithoutTime)
        writer.member("packetsBeyondFlowLimit", traffic.packetsBeyondLimit)
        writer.member("firstTimeNanoseconds", traffic.first.map { Int($0.nanoseconds) })
        writer.member("lastTimeNanoseconds", traffic.last.map { Int($0.nanoseconds) })
        writer.name("truncated")
        writer.beginArray()
        for truncation in truncations {
            writer.beginObject()
            writer.member("capture", truncation.capture)
            writer.member("why", truncation.damage.text)
            writer.endObject()
        }
        writer.endArray()
        writer.member("flows", plan.flows.count)
        writer.member("flowsWithinOnePlace", plan.flowsWithinOnePlace)
        writer.member("flowsWithoutRule", plan.flowsWithoutRule)
        writer.member("addresses", plan.addresses)
        writer.member("addressesSpread", plan.addressesSpread)
        writer.endObject()
    }

    private func write(_ result: ReplayResult, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", result.scheme)
        write(result.total, &writer)
        writer.member("weightAdmitted", result.weightAdmitted)
        writer.member("weightOffered", result.weightOffered)
        writer.name("classes")
        writer.beginArray()
        for (tally, trafficClass) in zip(result.classes, policy.classes) {
            writer.beginObject()
            writer.member("class", trafficClass.name)
            writer.member("priority", trafficClass.priority)
            write(tally, &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.name("refusals")
        writer.beginArray()
        for refusal in result.refusals {
            writer.beginObject()
            writer.member("code", refusal.code)
            writer.member("count", refusal.count)
            writer.endObject()
        }
        writer.endArray()
        writer.name("intervals")
        writer.beginArray()
        for interval in result.intervals { write(interval, &writer) }
        writer.endArray()
        writer.name("links")
        writer.beginArray()
        for use in result.links where topology[use.link].kind == .trunk || use.peak > .zero || use.refusals > 0 {
            let link = topology[use.link]
            writer.beginObject()
            writer.member("link", link.id.text)
            writer.member("reservable", link.reservable.bitsPerSecond)
            writer.member("peakReserved", use.peak.bitsPerSecond)
            writer.member("meanReserved", meanReserved(use))
            writer.member("refusals", use.refusals)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ interval: ReplayResult.Interval, _ writer: inout JSONWriter) {
        writer.beginObject()
        for (name, count) in [
            ("offered", \ReplayResult.Interval.Counts.offered), ("admitted", \.admitted), ("refused", \.refused),
        ] {
            writer.name(name)
            writer.beginArray()
            for counts in interval.classes { writer.integer(counts[keyPath: count]) }
            writer.endArray()
        }
        writer.member("preempted", interval.preempted)
        writer.member("displaced", interval.displaced)
        writer.member("moved", interval.moved)
        writer.member("movedByLearning", interval.movedByLearning)
        writer.member("flowsCarried", interval.flowsCarried)
        writer.member("weightCarried", interval.weightCarried)
        writer.member("bandwidthCarried", interval.bandwidthCarried)
        writer.endObject()
    }

    private func write(_ tally: ReplayResult.Tally, _ writer: inout JSONWriter) {
        writer.member("offered", tally.offered)
        writer.member("admitted", tally.admitted)
        writer.member("refused", tally.refused)
        writer.member("waiting", tally.waiting)
        writer.member("preempted", tally.preempted)
        writer.member("displaced", tally.displaced)
        writer.member("returned", tally.returned)
        writer.member("moved", tally.moved)
        writer.member("movedByLearning", tally.movedByLearning)
        writer.member("rateChanges", tally.rateChanges)
        writer.member("rateChangesRefused", tally.rateChangesRefused)
        writer.member("bitsOffered", tally.bitsOffered)
        writer.member("bitsCarried", tally.bitsCarried)
    }

    private func writeMeasurements(_ writer: inout JSONWriter) {
        writer.name("measured")
        writer.beginObject()
        writer.member("readSeconds", measured.readSeconds)
        writer.member("readPacketsPerSecond", Double(measured.packets) / max(measured.readSeconds, 1e-9))
        writer.name("optimumSeconds")
        if let seconds = measured.optimumSeconds { writer.number(seconds) } else { writer.null() }
        writer.name("schemes")
        writer.beginArray()
        for scheme in measured.schemes {
            writer.beginObject()
            writer.member("name", scheme.name)
            writer.member("seconds", scheme.seconds)
            writer.name("decisionMicroseconds")
            writer.beginObject()
            for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1)] {
                writer.name(name)
                if let value = scheme.microseconds(share: share) { writer.number(value) } else { writer.null() }
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// In bit/s over the whole replay, rounded down.
    package func meanReserved(_ use: ReplayResult.LinkUse) -> Int {
        durationSeconds > 0 ? Int(clamping: Int128(Double(use.bitsHeld) / durationSeconds)) : 0
    }
}

extension ReplayOptions.Rate {
    /// As on the command line; a percentile with its share.
    package var word: String {
        switch self {
        case .mean: "mean"
        case .peak: "peak"
        case .percentile(let share): "percentile \(share * 100)"
        case .changing: "changing"
        }
    }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: String, _ value: Int?) {
        self.name(name)
        if let value { integer(value) } else { null() }
    }
    fileprivate mutating func member(_ name: String, _ value: Double) {
        self.name(name)
        number(value)
    }
    fileprivate mutating func member(_ name: String, _ value: String) {
        self.name(name)
        string(value)
    }
}
