// The figures of one capture: what is in it, when, and who talks most.

package import SluiceModel

package struct CaptureSummary: Sendable {
    package private(set) var packets = 0
    /// Original lengths, link-layer headers included.
    package private(set) var bytesWire = 0
    package private(set) var bytesCaptured = 0
    /// Earliest and latest time stamp, whatever the order in the file.
    package private(set) var first: Instant?
    package private(set) var last: Instant?
    package private(set) var packetsIPv4 = 0
    package private(set) var packetsIPv6 = 0
    package var packetsNotIP: Int { packets - packetsIPv4 - packetsIPv6 }
    package private(set) var packetsSnapped = 0
    package private(set) var packetsFragmented = 0
    package private(set) var packetsVLAN = 0
    package private(set) var packetsMPLS = 0
    package private(set) var packetsPPPoE = 0
    /// Packets without a time stamp.
    package private(set) var packetsWithoutTime = 0
    /// Packets whose time stamp is before that of the packet in front.
    package private(set) var timesBackwards = 0
    package private(set) var flows: FlowTable
    package private(set) var damage: CaptureDamage?

    private var linkTypeCounts: [(type: LinkType, packets: Int)] = []
    private var previousTime: Instant?

    package init(flowLimit: Int = Limits.capturedFlows) { flows = FlowTable(limit: flowLimit) }

    /// Packets of each link type, ascending by number.
    package var linkTypes: [(type: LinkType, packets: Int)] { linkTypeCounts.sorted { $0.type < $1.type } }

    /// Seconds from the earliest to the latest packet; nil without times.
    package var durationSeconds: Double? {
        guard let first, let last else { return nil }
        return Double(last.nanoseconds - first.nanoseconds) / 1e9
    }

    /// Reads `reader` to its end, counting the packets that `filter` lets through.
    ///
    /// Fails where packets are there but none is of a link type that can be read.
    package mutating func read(_ reader: CaptureReader, filter: CaptureFilter? = nil) throws(CaptureFailure) {
        while let packet = reader.next() {
            if let filter, !filter.accepts(packet) { continue }
            count(packet)
        }
        damage = reader.damage
        if let only = linkTypeCounts.first, linkTypeCounts.allSatisfy({ !$0.type.isReadable }) {
            throw .unsupportedLinkType(only.type)
        }
    }

    package mutating func count(_ packet: CapturedPacket) {
        packets += 1
        bytesWire += packet.wireLength
        bytesCaptured += packet.bytes.count
        if packet.isSnapped { packetsSnapped += 1 }
        count(packet.linkType)
        count(packet.time)
        let headers = packet.headers
        if !headers.traits.isEmpty { count(headers.traits) }
        guard let tuple = headers.tuple else { return }
        if tuple.isIPv6 { packetsIPv6 += 1 } else { packetsIPv4 += 1 }
        flows.count(tuple, wireLength: packet.wireLength, capturedLength: packet.bytes.count, at: packet.time)
    }

    private mutating func count(_ type: LinkType) {
        if let place = linkTypeCounts.firstIndex(where: { $0.type == type }) {
            linkTypeCounts[place].packets += 1
        } else {
            linkTypeCounts.append((type, 1))
        }
    }

    private mutating func count(_ time: Instant?) {
        guard let time else {
            packetsWithoutTime += 1
            return
        }
        if let previousTime, time < previousTime { timesBackwards += 1 }
        previousTime = time
        if first.map({ time < $0 }) ?? true { first = time }
        if last.map({ time > $0 }) ?? true { last = time }
    }

    private mutating func count(_ traits: PacketHeaders.Traits) {
        if traits.contains(.fragment) { packetsFragmented += 1 }
        if traits.contains(.vlan) { packetsVLAN += 1 }
        if traits.contains(.mpls) { packetsMPLS += 1 }
        if traits.contains(.pppoe) { packetsPPPoE += 1 }
    }
}
