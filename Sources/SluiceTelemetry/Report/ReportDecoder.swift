// Telemetry reports as bytes: P4.org Applications Working Group, "Telemetry Report Format Specification", v1.0
// (2018-04-20) and v2.0 (2020-10-08). One UDP payload in, what each hop said out; no state, no clock, no topology.

/// Settings of a network's reports that the bytes do not tell.
package struct ReportFormat: Hashable, Sendable {
    /// Where v1.0 senders put the bits D, Q and F: the specification has them after the six reserved bits, the P4
    /// programs of ONOS before. Only what `ReportHeader` says of them depends on it.
    package enum AssociationBits: Hashable, Sendable {
        case afterReserved
        case beforeReserved
    }

    package var associationBits: AssociationBits
    package var placement: StackPlacement

    package init(associationBits: AssociationBits = .afterReserved, placement: StackPlacement = StackPlacement()) {
        self.associationBits = associationBits
        self.placement = placement
    }
}

/// What one datagram says of its sender.
package struct ReportHeader: Hashable, Sendable {
    package enum Version: Hashable, Sendable {
        case one
        case two
    }

    package var version: Version
    package var nodeID: UInt32
    package var hardwareID: UInt8
    /// 32 bits in version 1, 22 in version 2.
    package var sequence: UInt32
    /// Any of the datagram's reports is of a dropped packet, a congested queue, a tracked flow.
    package var isDrop = false
    package var isCongestion = false
    package var isTrackedFlow = false
    /// Individual reports that were skipped since their type is not INT.
    package var unsupportedReports = 0

    package var sequenceBits: Int {
        switch version {
        case .one: 32
        case .two: 22
        }
    }
}

package struct ReportDecoder: Sendable {
    /// Most hops of one datagram.
    package static let hopsMax = 1_024

    private let format: ReportFormat

    package init(format: ReportFormat = ReportFormat()) { self.format = format }

    /// Decodes one UDP payload.
    ///
    /// - Parameter hops: emptied, then filled with what each hop said; the reporting node's own metadata carry its node
    ///   id. Handing the same array in again saves its memory.
    /// - Throws: why the whole datagram is unusable; then `hops` is empty.
    package func decode(_ datagram: [UInt8], into hops: inout [HopMetadata]) throws(ReportRefusal) -> ReportHeader {
        hops.removeAll(keepingCapacity: true)
        var cursor = ByteCursor(datagram)
        do throws(ReportRefusal) {
            let first = try cursor.word()
            switch first >> 28 {
            case 1: return try decodeVersion1(first, &cursor, into: &hops)
            case 2: return try decodeVersion2(first, &cursor, into: &hops)
            default: throw ReportRefusal.unsupportedVersion
            }
        } catch {
            hops.removeAll(keepingCapacity: true)
            throw error
        }
    }

    /// Version 1.0, section 3.2: one packet a datagram.
    private func decodeVersion1(
        _ first: UInt32, _ cursor: inout ByteCursor, into hops: inout [HopMetadata]
    ) throws(ReportRefusal) -> ReportHeader {
        let headerWords = Int(first >> 24 & 15)
        let next = first >> 21 & 7
        // The six bits of the map, at the top of 16.
        let bitmap = UInt16(truncatingIfNeeded: first >> 15 & 63) << 10
        let associations =
            switch format.associationBits {
            case .afterReserved: first >> 6
            case .beforeReserved: first >> 12
            }
        let layout = MetadataLayout.reportVersion1
        guard headerWords == 4 + layout.words(of: bitmap) else { throw .badLength }
        var header = ReportHeader(
            version: .one, nodeID: try cursor.word(), hardwareID: UInt8(truncatingIfNeeded: first & 63),
            sequence: try cursor.word())
        header.isDrop = associations & 4 != 0
        header.isCongestion = associations & 2 != 0
        header.isTrackedFlow = associations & 1 != 0
        var hop = HopMetadata()
        hop.nodeID = header.nodeID
        hop.ingressTimestamp = UInt64(try cursor.word())
        if bitmap != 0 {
            try layout.read(bitmap, from: &cursor, into: &hop)
            hops.append(hop)
        }
        let stack = StackDecoder(placement: format.placement)
        switch next {
        case 0: try stack.decode(.ethernet, &cursor, into: &hops)
        case 1: try stack.decode(.ipv4, &cursor, into: &hops)
        case 2: try stack.decode(.ipv6, &cursor, into: &hops)
        default: throw .unsupportedReport
        }
        return header
    }

    /// Version 2.0, sections 3.2 to 3.6: a group of individual reports.
    private func decodeVersion2(
        _ first: UInt32, _ cursor: inout ByteCursor, into hops: inout [HopMetadata]
    ) throws(ReportRefusal) -> ReportHeader {
        var header = ReportHeader(
            version: .two, nodeID: try cursor.word(), hardwareID: UInt8(truncatingIfNeeded: first >> 22 & 63),
            sequence: first & 0x3f_ffff)
        guard cursor.remaining > 0 else { throw .truncated }
        while cursor.remaining > 0 { try decodeIndividual(&cursor, &header, into: &hops) }
        return header
    }

    private func decodeIndividual(
        _ cursor: inout ByteCursor, _ header: inout ReportHeader, into hops: inout [HopMetadata]
    ) throws(ReportRefusal) {
        let word = try cursor.word()
        let words = Int(word >> 16 & 0xff)
        let metadataWords = Int(word >> 8 & 0xff)
        header.isDrop = header.isDrop || word & 0x80 != 0
        header.isCongestion = header.isCongestion || word & 0x40 != 0
        header.isTrackedFlow = header.isTrackedFlow || word & 0x20 != 0
        // All ones: the report fills the rest of the datagram.
        var body = try cursor.part(of: words == 0xff ? cursor.remaining : words * 4)
        switch word >> 28 {
        case 0: break
        case 1:
            let bitmap = try body.half()
            try body.skip(6)
            var metadata = try body.part(of: metadataWords * 4)
            var hop = HopMetadata()
            hop.nodeID = header.nodeID
            let layout = MetadataLayout.reportVersion2
            guard layout.words(of: bitmap) <= metadataWords else { throw .badLength }
            try layout.read(bitmap, from: &metadata, into: &hop)
            guard hops.count < Self.hopsMax else { throw .tooLong }
            if bitmap != 0 { hops.append(hop) }
        default:
            header.unsupportedReports += 1
            return
        }
        let stack = StackDecoder(placement: format.placement)
        switch word >> 24 & 15 {
        case 1: try decodeTemplates(&body, stack, into: &hops)
        case 3: try stack.decode(.ethernet, &body, into: &hops)
        case 4: try stack.decode(.ipv4, &body, into: &hops)
        case 5: try stack.decode(.ipv6, &body, into: &hops)
        // Nothing, domain-specific data, or a type of a later version: framed by the report's length.
        default: break
        }
    }

    /// Version 2.0, section 3.5: parts with a type and a length each.
    private func decodeTemplates(
        _ cursor: inout ByteCursor, _ stack: StackDecoder, into hops: inout [HopMetadata]
    ) throws(ReportRefusal) {
        while cursor.remaining > 0 {
            let word = try cursor.word()
            var part = try cursor.part(of: Int(word >> 16 & 0xff) * 4)
            switch word >> 28 {
            case 1: try stack.decode(.ethernet, &part, into: &hops)
            case 2: try stack.decode(.ipv4, &part, into: &hops)
            case 3: try stack.decode(.ipv6, &part, into: &hops)
            default: break
            }
        }
    }
}
