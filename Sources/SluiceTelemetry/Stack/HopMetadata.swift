// What one switch wrote about one packet: the metadata that an instruction bitmap asks for (INT dataplane specification
// v2.1, section 4 and 5.8; v1.0, section 4.7; telemetry report v2.0, section 3.4, and v1.0, section 3.2).

/// Which metadata a hop inserts, and how wide each is.
struct MetadataLayout {
    enum Field {
        case nodeID
        /// Two halves.
        case levelOneInterfaces
        case hopLatency
        case queue
        case ingressTimestamp
        case egressTimestamp
        /// Two words.
        case levelTwoInterfaces
        case transmitUtilisation
        case buffer
        case dropReason
        /// Checksum complement, and what a later version may define.
        case ignored
    }

    /// Timestamps of 8 bytes (INT 2, report 2) or 4 (INT 1, report 1).
    let wideTimestamps: Bool
    /// Meaning of each of 16 bits, the most significant first.
    private let fields: [Field]

    /// Bits of the instruction bitmap of INT-MD v2.1.
    static let stackVersion2 = MetadataLayout(
        wideTimestamps: true,
        fields: [
            .nodeID, .levelOneInterfaces, .hopLatency, .queue, .ingressTimestamp, .egressTimestamp,
            .levelTwoInterfaces, .transmitUtilisation, .buffer,
        ] + Array(repeating: .ignored, count: 7))
    /// Bits of the instruction bitmap of INT v1.0: four-byte timestamps, no buffer.
    static let stackVersion1 = MetadataLayout(
        wideTimestamps: false,
        fields: [
            .nodeID, .levelOneInterfaces, .hopLatency, .queue, .ingressTimestamp, .egressTimestamp,
            .levelTwoInterfaces, .transmitUtilisation,
        ] + Array(repeating: .ignored, count: 8))
    /// RepMdBits of report v2.0.
    static let reportVersion2 = MetadataLayout(
        wideTimestamps: true,
        fields: [
            .ignored, .levelOneInterfaces, .hopLatency, .queue, .ingressTimestamp, .egressTimestamp,
            .levelTwoInterfaces, .transmitUtilisation, .buffer,
        ] + Array(repeating: .ignored, count: 6) + [.dropReason])
    /// RepMdBits of report v1.0, moved up to the most significant six of 16.
    static let reportVersion1 = MetadataLayout(
        wideTimestamps: false,
        fields: [.levelOneInterfaces, .hopLatency, .queue, .egressTimestamp, .dropReason, .transmitUtilisation]
            + Array(repeating: .ignored, count: 10))

    /// Words that the metadata of `bitmap` take.
    func words(of bitmap: UInt16) -> Int {
        var count = bitmap.nonzeroBitCount
        var left = bitmap
        while left != 0 {
            let bit = left.leadingZeroBitCount
            left &= ~(0x8000 >> UInt16(bit))
            switch fields[bit] {
            case .levelTwoInterfaces: count += 1
            case .ingressTimestamp, .egressTimestamp: count += wideTimestamps ? 1 : 0
            case .nodeID, .levelOneInterfaces, .hopLatency, .queue, .transmitUtilisation, .buffer, .dropReason,
                .ignored:
                break
            }
        }
        return count
    }

    /// Reads the metadata of `bitmap`. All ones means that the hop could not tell.
    func read(_ bitmap: UInt16, from cursor: inout ByteCursor, into hop: inout HopMetadata) throws(ReportRefusal) {
        var left = bitmap
        while left != 0 {
            let bit = left.leadingZeroBitCount
            left &= ~(0x8000 >> UInt16(bit))
            switch fields[bit] {
            case .nodeID: hop.nodeID = known(try cursor.word())
            case .levelOneInterfaces:
                let (ingress, egress) = (try cursor.half(), try cursor.half())
                if ingress != .max { hop.ingressInterface = UInt32(ingress) }
                if egress != .max { hop.egressInterface = UInt32(egress) }
            case .hopLatency: hop.latency = known(try cursor.word())
            case .queue:
                let word = try cursor.word()
                if word & 0xff_ffff != 0xff_ffff { hop.queueOccupancy = word & 0xff_ffff }
            case .ingressTimestamp: hop.ingressTimestamp = try timestamp(from: &cursor)
            case .egressTimestamp: hop.egressTimestamp = try timestamp(from: &cursor)
            case .levelTwoInterfaces:
                hop.levelTwoIngressInterface = known(try cursor.word())
                hop.levelTwoEgressInterface = known(try cursor.word())
            case .transmitUtilisation: hop.transmitUtilisation = known(try cursor.word())
            case .buffer:
                let word = try cursor.word()
                if word & 0xff_ffff != 0xff_ffff { hop.bufferOccupancy = word & 0xff_ffff }
            case .dropReason: hop.dropReason = UInt8(truncatingIfNeeded: try cursor.word() >> 16)
            case .ignored: try cursor.skip(4)
            }
        }
    }

    private func known(_ word: UInt32) -> UInt32? { word == .max ? nil : word }

    private func timestamp(from cursor: inout ByteCursor) throws(ReportRefusal) -> UInt64? {
        if wideTimestamps {
            let value = try cursor.doubleWord()
            return value == .max ? nil : value
        }
        let value = try cursor.word()
        return value == .max ? nil : UInt64(value)
    }
}

/// What is nil was not asked for, or the hop could not tell.
package struct HopMetadata: Hashable, Sendable {
    package var nodeID: UInt32?
    package var ingressInterface: UInt32?
    package var egressInterface: UInt32?
    package var levelTwoIngressInterface: UInt32?
    package var levelTwoEgressInterface: UInt32?
    /// Time within the switch; its unit is the switch's, usually nanoseconds.
    package var latency: UInt32?
    /// In the switch's unit: bytes, cells or packets.
    package var queueOccupancy: UInt32?
    package var bufferOccupancy: UInt32?
    /// Nanoseconds of the switch's clock; the low 32 bits of them in version 1.
    package var ingressTimestamp: UInt64?
    package var egressTimestamp: UInt64?
    /// In the switch's unit.
    package var transmitUtilisation: UInt32?
    /// The packet was dropped, for this reason.
    package var dropReason: UInt8?

    package init() {}
}
