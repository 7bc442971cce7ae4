// The vertices of the network graph: switches, which forward, and hosts, which only send and receive.

private import Glibc

/// An OpenFlow datapath identifier (OpenFlow 1.3.5, section A.3.1).
package struct DatapathID: Hashable, Comparable, Sendable {
    package let raw: UInt64
    package init(_ raw: UInt64) { self.raw = raw }
    package static func < (left: DatapathID, right: DatapathID) -> Bool { left.raw < right.raw }
}

/// An OpenFlow port number, 1 to 0xffffff00 (OFPP_MAX; OpenFlow 1.3.5, section A.2.1).
package struct PortNumber: Hashable, Comparable, Sendable {
    package let raw: UInt32
    package init(_ raw: UInt32) { self.raw = raw }
    package static func < (left: PortNumber, right: PortNumber) -> Bool { left.raw < right.raw }
}

/// Where a node stands, in degrees (WGS 84).
package struct Location: Hashable, Sendable {
    package let latitude: Double
    package let longitude: Double
    package init(latitude: Double, longitude: Double) {
        self.latitude = latitude
        self.longitude = longitude
    }

    /// Great-circle distance by the haversine formula on a sphere of radius 6 371 km.
    package func kilometres(to other: Location) -> Double {
        let radians = Double.pi / 180
        let halfLatitude = sin((other.latitude - latitude) * radians / 2)
        let halfLongitude = sin((other.longitude - longitude) * radians / 2)
        let square =
            halfLatitude * halfLatitude
            + cos(latitude * radians) * cos(other.latitude * radians) * halfLongitude * halfLongitude
        return 2 * 6_371 * asin(min(1, square.squareRoot()))
    }
}

package struct Switch: Hashable, Sendable {
    package var datapath: DatapathID?
    package var location: Location?
    /// Most rules the switch's tables hold; nil where the document does not say.
    package var ruleCapacity: Int?
    package init(datapath: DatapathID? = nil, location: Location? = nil, ruleCapacity: Int? = nil) {
        self.datapath = datapath
        self.location = location
        self.ruleCapacity = ruleCapacity
    }
}

package struct Host: Hashable, Sendable {
    package var hardwareAddress: HardwareAddress?
    package var ipv4: IPv4Prefix?
    package var ipv6: IPv6Prefix?
    package init(hardwareAddress: HardwareAddress? = nil, ipv4: IPv4Prefix? = nil, ipv6: IPv6Prefix? = nil) {
        self.hardwareAddress = hardwareAddress
        self.ipv4 = ipv4
        self.ipv6 = ipv6
    }
}

/// A vertex of the network graph.
package struct Node: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case `switch`(Switch)
        case host(Host)
    }

    package let id: NodeID
    package let kind: Kind

    package init(id: NodeID, kind: Kind) {
        self.id = id
        self.kind = kind
    }

    package var isHost: Bool {
        if case .host = kind { true } else { false }
    }
}
