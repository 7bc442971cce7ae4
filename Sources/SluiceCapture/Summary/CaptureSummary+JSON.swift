// The summary as the one JSON document of `sluice capture summary --json`.

import SluiceJSON
import SluiceModel

extension CaptureSummary {
    /// Flows listed as `topFlows`.
    package static let topFlowCount = 10

    /// Pretty-printed, with a line end.
    package var jsonText: String {
        var writer = JSONWriter(pretty: true)
        writer.beginObject()
        func member(_ name: String, _ value: Int?) {
            writer.name(name)
            if let value { writer.integer(value) } else { writer.null() }
        }
        member("packets", packets)
        member("bytesWire", bytesWire)
        member("bytesCaptured", bytesCaptured)
        member("firstTimeNanoseconds", first.map { Int($0.nanoseconds) })
        member("lastTimeNanoseconds", last.map { Int($0.nanoseconds) })
        writer.name("linkTypes")
        writer.beginObject()
        for (type, packets) in linkTypes { member("\(type.raw)", packets) }
        writer.endObject()
        member("packetsIPv4", packetsIPv4)
        member("packetsIPv6", packetsIPv6)
        member("packetsNotIP", packetsNotIP)
        member("packetsSnapped", packetsSnapped)
        member("packetsFragmented", packetsFragmented)
        member("packetsVLAN", packetsVLAN)
        member("packetsMPLS", packetsMPLS)
        member("packetsPPPoE", packetsPPPoE)
        member("packetsWithoutTime", packetsWithoutTime)
        member("packetsBeyondFlowLimit", flows.packetsBeyondLimit)
        member("timesBackwards", timesBackwards)
        member("unidirectionalFlows", flows.flows.count)
        member("bidirectionalConversations", flows.conversations)
        member("hostPairs", flows.hostPairs)
        writer.name("truncated")
        if let damage { writer.string(damage.text) } else { writer.null() }
        writer.name("topFlows")
        writer.beginArray()
        for flow in flows.top(Self.topFlowCount) {
            writer.beginObject()
            writer.name("source")
            writer.string(flow.tuple.source.text)
            writer.name("destination")
            writer.string(flow.tuple.destination.text)
            member("protocol", Int(flow.tuple.ipProtocol))
            member("sourcePort", Int(flow.tuple.sourcePort))
            member("destinationPort", Int(flow.tuple.destinationPort))
            member("packets", flow.packets)
            member("bytes", flow.bytes)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text + "\n"
    }
}
