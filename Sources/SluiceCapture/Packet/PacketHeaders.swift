// What the dissector found in one packet.

/// Facts of one packet's headers down to the outermost IP header and its ports; what lies deeper is not opened.
package struct PacketHeaders: Hashable, Sendable {
    /// Encapsulations and oddities met on the way.
    package struct Traits: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let vlan = Traits(rawValue: 1)
        package static let mpls = Traits(rawValue: 2)
        package static let pppoe = Traits(rawValue: 4)
        /// Any fragment, the first included.
        package static let fragment = Traits(rawValue: 8)
    }

    /// The flow of the packet; nil where there is no complete IP header.
    package internal(set) var tuple: FiveTuple?
    package internal(set) var traits: Traits = []
    /// MAC addresses of an Ethernet frame as 48-bit numbers; 0 without.
    package internal(set) var etherSource: UInt64 = 0
    package internal(set) var etherDestination: UInt64 = 0
    /// VLAN id of the outermost tag; 0 without tag.
    package internal(set) var vlan: UInt16 = 0
    /// Differentiated services code point of the IP header (RFC 2474).
    package internal(set) var dscp: UInt8 = 0

    package init() {}
}
