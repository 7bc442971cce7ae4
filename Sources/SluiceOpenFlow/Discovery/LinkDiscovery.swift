// Which port is wired to which, found by LLDP frames (IEEE 802.1AB) that one switch sends out and another hands back, and
// held against what the topology document says. A frame carries a number drawn at the start, so that a host cannot invent
// links.

package import SluiceForwarding
package import SluiceModel

/// One end of a link.
package struct PortPlace: Hashable, Comparable, Sendable {
    package var datapath: DatapathID
    package var port: UInt32

    package init(datapath: DatapathID, port: UInt32) {
        self.datapath = datapath
        self.port = port
    }

    package static func < (left: PortPlace, right: PortPlace) -> Bool {
        (left.datapath, left.port) < (right.datapath, right.port)
    }
}

package struct LinkDiscovery: Sendable {
    /// What was seen of the wiring, where it is news.
    package enum Finding: Hashable, Sendable {
        /// What leaves by the first port arrives at the second, as the document says.
        case confirmed(PortPlace, PortPlace)
        /// It arrives at `found` instead of `expected`; nil: the document knows of no link there.
        case mismatched(PortPlace, expected: PortPlace?, found: PortPlace)
    }

    private let nonce: UInt64
    private var expected: [PortPlace: PortPlace] = [:]
    /// Ports that hosts hang on.
    private var attachments: Set<PortPlace> = []
    private var seen: [PortPlace: PortPlace] = [:]

    /// - Parameter nonce: drawn once a run.
    package init(_ topology: Topology, nonce: UInt64) {
        self.nonce = nonce
        follow(topology)
    }

    /// Holds what is seen against `topology` from now on.
    package mutating func follow(_ topology: Topology) {
        expected = [:]
        attachments = []
        for link in topology.links {
            switch link.kind {
            case .trunk:
                guard let from = topology.datapath(of: link.from), let to = topology.datapath(of: link.to),
                    let fromPort = link.fromPort, let toPort = link.toPort
                else { continue }
                expected[PortPlace(datapath: from, port: fromPort.raw)] = PortPlace(datapath: to, port: toPort.raw)
            case .access:
                if let to = topology.datapath(of: link.to), let port = link.toPort {
                    attachments.insert(PortPlace(datapath: to, port: port.raw))
                }
            }
        }
    }

    package static let etherType: UInt16 = 0x88cc

    /// The rule that hands LLDP frames to the controller; it stands beside those of flows and shows in no listing.
    package static let standingRules: SwitchChange = {
        var match = FlowMatch()
        match.etherType = etherType
        var change = SwitchChange()
        change.rules = [
            Rule(
                key: Rule.Key(table: 0, priority: 12_288, match: RuleMatch(fields: match)), cookie: 0,
                actions: [.output(PortNumber(Port.controller))])
        ]
        return change
    }()

    /// Whether frames should be sent out of `place`: where a link is known, or, for `all`, wherever no host is.
    package func concerns(_ place: PortPlace, all: Bool) -> Bool {
        all ? !attachments.contains(place) : expected[place] != nil
    }

    /// The message that sends a frame out of `place`.
    package func probe(_ place: PortPlace, hardwareAddress: HardwareAddress) -> Message {
        var writer = WireWriter()
        // Nearest bridge (section 7.1).
        writer.number(0x0180_c200_000e, 6)
        writer.number(UInt128(hardwareAddress.raw), 6)
        writer.half(Self.etherType)
        // Chassis and port, each locally assigned (subtype 7), and 120 seconds to live (section 8.5).
        writer.half(1 << 9 | 9)
        writer.byte(7)
        writer.doubleWord(place.datapath.raw)
        writer.half(2 << 9 | 5)
        writer.byte(7)
        writer.word(place.port)
        writer.half(3 << 9 | 2)
        writer.half(120)
        // Organisationally specific, under the ONF's identifier a4-23-05.
        writer.half(127 << 9 | 12)
        writer.number(0xa423_05, 3)
        writer.byte(0x51)
        writer.doubleWord(nonce)
        writer.half(0)
        return .packetOut(PacketOut(actions: [.output(place.port)], data: writer.bytes))
    }

    /// The place that sent a frame of ours; nil for any other packet.
    private func sender(of frame: [UInt8]) -> PortPlace? {
        var reader = WireReader(frame)
        do throws(Malformed) {
            try reader.skip(12)
            guard try reader.half() == Self.etherType else { return nil }
            guard try reader.half() == 1 << 9 | 9, try reader.byte() == 7 else { return nil }
            let datapath = DatapathID(try reader.doubleWord())
            guard try reader.half() == 2 << 9 | 5, try reader.byte() == 7 else { return nil }
            let port = try reader.word()
            try reader.skip(4)
            guard try reader.half() == 127 << 9 | 12, try reader.number(3) == 0xa423_05, try reader.byte() == 0x51,
                try reader.doubleWord() == nonce
            else { return nil }
            return PortPlace(datapath: datapath, port: port)
        } catch {
            return nil
        }
    }

    /// Takes note of a packet that came by `place`; nil where it is none of ours, or tells nothing new.
    package mutating func receive(_ frame: [UInt8], at place: PortPlace) -> Finding? {
        guard let sender = sender(of: frame), seen.updateValue(place, forKey: sender) != place else { return nil }
        let wanted = expected[sender]
        return wanted == place ? .confirmed(sender, place) : .mismatched(sender, expected: wanted, found: place)
    }

    /// Where frames sent out of `place` were last seen.
    package func found(from place: PortPlace) -> PortPlace? { seen[place] }

    /// The port is down or its switch gone: what is seen there next is news.
    package mutating func forget(_ place: PortPlace) {
        seen[place] = nil
        for (from, to) in seen where to == place { seen[from] = nil }
    }
}
