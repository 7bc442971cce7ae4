// The figures of one capture: what is in it, when, and who talks most.

package import SluiceModel

package struct CaptureSummary: Sendable {
    package private(set) var packets = 0
    /// Original lengths, link-layer headers included.
    package private(set) var bytesWire = 0
    package private(set) var bytesCaptured = 0
    /// Earliest and latest time stamp, whatever the order in the file.
    package var first: Instant? { packets > packetsWithoutTime ? Instant(nanoseconds: firstNanoseconds) : nil }
    package var last: Instant? { packets > packetsWithoutTime ? Instant(nanoseconds: lastNanoseconds) : nil }
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

    private var firstNanoseconds = Int64.max
    private var lastNanoseconds = Int64.min
    private var previousNanoseconds = Int64.min
    private var linkTypeCounts: [(type: LinkType, packets: Int)] = []
    /// Position in `linkTypeCounts` of the packet in front, whose link type most packets share.
    private var linkTypePosition = 0

    package init(flowLimit: Int = Limits.capturedFlows) { flows = FlowTable(limit: flowLimit) }

    /// Packets of each link type, ascending by number.
    package var linkTypes: [(type: LinkType, packets: Int)] { linkTypeCounts.sorted { $0.type < $1.type } }

    /// Seconds from the earliest to the latest packet; nil without times.
    package var durationSeconds: Double? {
        guard let first, let last else { return nil }
        // Time stamps may be anything, so their difference may need more than 64 bits.
        return Double(Int128(last.nanoseconds) - Int128(first.nanoseconds)) / 1e9
    }

    /// Reads `reader` to its end, counting the packets that `filter` lets through. `onProgress` is called after every
    /// 65 536 packets.
    ///
    /// Fails where packets are there but none is of a link type that can be read.
    package mutating func read(
        _ reader: CaptureReader, filter: CaptureFilter? = nil, onProgress: ((Int) -> Void)? = nil
    ) throws(CaptureFailure) {
        var seen = 0
        while let packet = reader.next() {
            seen += 1
            if seen & 0xffff == 0 { onProgress?(seen) }
            if let filter, !filter.accepts(packet) { continue }
            count(packet)
        }
        damage = reader.damage
        if let only = linkTypeCounts.first, linkTypeCounts.allSatisfy({ !$0.type.isReadable }) {
            throw .unsupportedLinkType(only.type)
        }
    }

    @inline(__always)
    package mutating func count(_ packet: CapturedPacket) {
        packets += 1
        bytesWire += packet.wireLength
        bytesCaptured += packet.bytes.count
        if packet.isSnapped { packetsSnapped += 1 }
        count(packet.linkType)
        count(at: packet.timeNanoseconds)
        let headers = packet.headers
        if !headers.traits.isEmpty { count(headers.traits) }
        guard let tuple = headers.tuple else { return }
        if tuple.isIPv6 { packetsIPv6 += 1 } else { packetsIPv4 += 1 }
        flows.count(
            tuple, wireLength: packet.wireLength, capturedLength: packet.bytes.count, at: packet.timeNanoseconds)
    }

    @inline(__always)
    private mutating func count(_ type: LinkType) {
        if linkTypePosition < linkTypeCounts.count, linkTypeCounts[linkTypePosition].type.raw == type.raw {
            linkTypeCounts[linkTypePosition].packets += 1
        } else {
            countOther(type)
        }
    }

    private mutating func countOther(_ type: LinkType) {
        if let place = linkTypeCounts.firstIndex(where: { $0.type == type }) {
            linkTypeCounts[place].packets += 1
            linkTypePosition = place
        } else {
            linkTypePosition = linkTypeCounts.count
            linkTypeCounts.append((type, 1))
        }
    }

    @inline(__always)
    private mutating func count(at nanoseconds: Int64) {
        guard nanoseconds != CapturedPacket.noTime else {
            packetsWithoutTime += 1
            return
        }
        if nanoseconds < previousNanoseconds { timesBackwards += 1 }
        previousNanoseconds = nanoseconds
        if nanoseconds < firstNanoseconds { firstNanoseconds = nanoseconds }
        if nanoseconds > lastNanoseconds { lastNanoseconds = nanoseconds }
    }

    private mutating func count(_ traits: PacketHeaders.Traits) {
        if traits.contains(.fragment) { packetsFragmented += 1 }
        if traits.contains(.vlan) { packetsVLAN += 1 }
        if traits.contains(.mpls) { packetsMPLS += 1 }
        if traits.contains(.pppoe) { packetsPPPoE += 1 }
    }
}
