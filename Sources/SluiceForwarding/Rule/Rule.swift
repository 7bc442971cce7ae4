// A row in a switch's flow table, one to one with the flow object of the ofctl_rest JSON convention (OpenFlow 1.3).

package import SluiceModel

/// What a packet must look like to be a rule's.
package struct RuleMatch: Hashable, Sendable {
    /// Port that the packet arrived by; nil for any.
    package var inPort: PortNumber?
    /// Label of an MPLS packet that an ingress switch of ours has tagged; then `fields` is empty and `eth_type` 0x8847.
    package var label: UInt32?
    package var fields: FlowMatch

    package init(inPort: PortNumber? = nil, label: UInt32? = nil, fields: FlowMatch = FlowMatch()) {
        precondition(label == nil || fields.isEmpty, "a tagged packet is recognised by its label alone")
        self.inPort = inPort
        self.label = label
        self.fields = fields
    }

    /// Rule priority of the match: more compared bits win, a named port wins over any port, and a label of ours wins
    /// over everything. It says nothing about how important the flow is.
    package var priority: UInt16 {
        if label != nil { return 8_192 }
        return UInt16(1_024 + fields.specificity + (inPort == nil ? 0 : 2_048))
    }
}

package enum RuleAction: Hashable, Sendable {
    case meter(UInt32)
    case group(UInt32)
    case output(PortNumber)
    /// `SET_FIELD` of `ip_dscp`.
    case setDSCP(UInt8)
    /// `PUSH_MPLS` with EtherType 0x8847.
    case pushLabel
    /// `SET_FIELD` of `mpls_label`.
    case setLabel(UInt32)
    /// `POP_MPLS`, restoring the packet's EtherType.
    case popLabel(etherType: UInt16)

    /// EtherType of a labelled unicast packet (RFC 5332).
    package static let etherTypeMPLS: UInt16 = 0x8847
}

package struct Rule: Hashable, Sendable {
    /// What makes two rules of one switch the same row: a new rule with the same key replaces the old one.
    package struct Key: Hashable, Sendable {
        package let table: UInt8
        package let priority: UInt16
        package let match: RuleMatch

        package init(table: UInt8, priority: UInt16, match: RuleMatch) {
            self.table = table
            self.priority = priority
            self.match = match
        }
    }

    package let key: Key
    /// Number of the flow that the rule carries; fits 53 bits.
    package let cookie: UInt64
    package let actions: [RuleAction]

    package init(key: Key, cookie: UInt64, actions: [RuleAction]) {
        self.key = key
        self.cookie = cookie
        self.actions = actions
    }
}

/// A select or fast-failover group, one to one with ofctl_rest's group object.
package struct Group: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable { case all = "ALL", select = "SELECT", fastFailover = "FF" }

    package struct Bucket: Hashable, Sendable {
        package let weight: UInt16?
        package let watchPort: PortNumber?
        package let actions: [RuleAction]

        package init(weight: UInt16? = nil, watchPort: PortNumber? = nil, actions: [RuleAction]) {
            self.weight = weight
            self.watchPort = watchPort
            self.actions = actions
        }

        /// The port that packets leave by; nil where the bucket sends none out.
        package var output: PortNumber? {
            for case .output(let port) in actions { return port }
            return nil
        }
    }

    package let id: UInt32
    package let kind: Kind
    package let buckets: [Bucket]

    package init(id: UInt32, kind: Kind, buckets: [Bucket]) {
        self.id = id
        self.kind = kind
        self.buckets = buckets
    }
}

/// A rate limit with one drop band, one to one with ofctl_rest's meter object (flags KBPS, BURST, STATS).
package struct Meter: Hashable, Sendable {
    package let id: UInt32
    /// Kilobits (1 000 bits) per second.
    package let rateKilobitsPerSecond: UInt32
    /// Kilobits.
    package let burstKilobits: UInt32

    package init(id: UInt32, rateKilobitsPerSecond: UInt32, burstKilobits: UInt32) {
        self.id = id
        self.rateKilobitsPerSecond = rateKilobitsPerSecond
        self.burstKilobits = burstKilobits
    }

    /// The meter that lets a flow of `bandwidth` pass: the rate rounds up to whole kbit/s, the burst is what the rate
    /// sends in `burstMilliseconds`, at least one packet of 1 500 bytes. Rates above the field's 32 bits are not
    /// metered: nil.
    package init?(id: UInt32, bandwidth: Bandwidth, burstMilliseconds: Int) {
        let kilobits = (bandwidth.bitsPerSecond + 999) / 1_000
        guard let rate = UInt32(exactly: kilobits) else { return nil }
        let burst = (kilobits * burstMilliseconds + 999) / 1_000
        self.init(
            id: id, rateKilobitsPerSecond: rate, burstKilobits: UInt32(clamping: max(burst, 12)))
    }
}
