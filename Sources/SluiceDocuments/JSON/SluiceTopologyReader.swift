// Sluice's own topology JSON: switches, hosts with their attachments, links. Every member that is not known is a fault.

import SluiceJSON
import SluiceModel

struct SluiceTopologyReader {
    static let rootMembers = ["name", "description", "source", "switches", "hosts", "links"]
    private static let switchMembers = ["id", "dpid", "location", "ruleCapacity"]
    private static let locationMembers = ["latitude", "longitude"]
    private static let hostMembers = ["id", "mac", "ipv4", "ipv6", "attachment"]
    private static let attachmentMembers = ["switch", "port", "capacity", "latency"]
    private static let linkMembers = [
        "id", "a", "b", "capacity", "reservable", "latency", "affinity", "sharedRisk", "directed",
    ]
    private static let endMembers = ["switch", "port"]
    /// OFPP_MAX (OpenFlow 1.3.5, section A.2.1).
    private static let ports = 1...0xffff_ff00

    private var draft = NetworkDraft(.sluiceTopology)
    private let faults: FaultCollector

    static func read(
        _ root: JSONNode, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = SluiceTopologyReader(faults: faults)
        reader.read(root)
        return try reader.draft.finish(options: options, faults: faults, isStrict: true)
    }

    private init(faults: FaultCollector) {
        self.faults = faults
        draft.memberName = { field, isAccess in
            guard isAccess else { return field }
            switch field {
            case "b.switch": return "attachment.switch"
            case "b.port": return "attachment.port"
            case "capacity", "reservable": return "attachment.capacity"
            default: return "id"
            }
        }
    }

    private mutating func read(_ root: JSONNode) {
        guard let object = ObjectReader(root, known: Self.rootMembers, faults: faults) else { return }
        draft.name = object.string("name", required: true) ?? ""
        draft.description = object.string("description")
        draft.source = object.string("source")
        let switches = object.array("switches", required: true)
        if let switches, switches.isEmpty {
            faults.report(object.place.member("switches"), .outOfRange("an empty list", wanted: "at least one switch"))
        }
        for element in switches ?? [] { readSwitch(element) }
        for element in object.array("hosts") ?? [] { readHost(element) }
        for element in object.array("links", required: true) ?? [] { readLink(element) }
        reportDuplicatesOfIncomplete()
    }

    /// Hosts and links that cannot be built for other faults do not reach the model, which finds duplicate ids.
    private var incompleteHosts: [(id: String, place: Place)] = []
    private var incompleteLinks: [(id: String, place: Place)] = []

    private func reportDuplicatesOfIncomplete() {
        var nodes = Set(draft.nodes.map(\.id.text))
        for (id, place) in incompleteHosts where !nodes.insert(id).inserted {
            faults.report(place.member("id"), .topology(.duplicateNode(NodeID(id))))
        }
        var links = Set(draft.cables.map(\.id))
        for (id, place) in incompleteLinks where !links.insert(id).inserted {
            faults.report(place.member("id"), .topology(.duplicateCable(id)))
        }
    }

    private mutating func readSwitch(_ node: JSONNode) {
        guard let object = ObjectReader(node, known: Self.switchMembers, faults: faults) else { return }
        let id = object.string("id", required: true)
        let datapath = object.take("dpid") { readDatapath($0) }
        let location = object.take("location") { readLocation($0) }
        let ruleCapacity = object.integer("ruleCapacity", in: 1...Int(Int32.max))
        guard let id else { return }
        let description = Switch(datapath: datapath, location: location, ruleCapacity: ruleCapacity)
        draft.add(Node(id: NodeID(id), kind: .switch(description)), at: object.place)
    }

    /// A whole number, or 16 hexadecimal digits as switches print them, with or without `0x` or colons.
    private func readDatapath(_ node: JSONNode) -> DatapathID? {
        if let integer = node.integer, let raw = UInt64(exactly: integer) { return DatapathID(raw) }
        if let text = node.string {
            let digits = (text.hasPrefix("0x") ? text.dropFirst(2) : text[...]).filter { $0 != ":" }
            if (1...16).contains(digits.utf8.count), digits.utf8.first != UInt8(ascii: "+"),
                let raw = UInt64(digits, radix: 16)
            {
                return DatapathID(raw)
            }
            faults.report(.byte(node.offset), .unreadable(text, wanted: "a datapath id: up to 16 hexadecimal digits"))
            return nil
        }
        faults.report(
            .byte(node.offset),
            .wrongKind(found: node.kind, wanted: "a whole number, or a text of up to 16 hexadecimal digits"))
        return nil
    }

    private func readLocation(_ node: JSONNode) -> Location? {
        guard let object = ObjectReader(node, known: Self.locationMembers, faults: faults) else { return nil }
        let latitude = object.number("latitude", in: -90...90, required: true)
        let longitude = object.number("longitude", in: -180...180, required: true)
        guard let latitude, let longitude else { return nil }
        return Location(latitude: latitude, longitude: longitude)
    }

    private mutating func readHost(_ node: JSONNode) {
        guard let object = ObjectReader(node, known: Self.hostMembers, faults: faults) else { return }
        let id = object.string("id", required: true)
        let host = Host(
            hardwareAddress: object.parsed("mac", wanted: "a MAC address such as \"02:00:00:00:00:01\"") {
                HardwareAddress(text: $0)
            },
            ipv4: object.parsed("ipv4", wanted: "an IPv4 address such as \"10.0.0.1\"") { IPv4Prefix(text: $0) },
            ipv6: object.parsed("ipv6", wanted: "an IPv6 address such as \"2001:db8::1\"") { IPv6Prefix(text: $0) })
        guard let place = object.required("attachment"),
            let attachment = ObjectReader(place, known: Self.attachmentMembers, faults: faults)
        else {
            if let id { incompleteHosts.append((id, object.place)) }
            return
        }
        let `switch` = attachment.string("switch", required: true)
        let port = attachment.integer("port", in: Self.ports).map { PortNumber(UInt32($0)) }
        let capacity = attachment.bandwidth("capacity", rounding: .down)
        let latency = attachment.latency("latency")
        guard let id else { return }
        guard let `switch` else {
            incompleteHosts.append((id, object.place))
            return
        }
        draft.add(Node(id: NodeID(id), kind: .host(host)), at: object.place)
        var access = Cable.access(
            of: NodeID(id), to: Cable.End(node: NodeID(`switch`), port: port), capacity: capacity ?? .unlimited)
        access.latency = latency ?? .zero
        draft.add(access, at: object.place, isListed: false)
    }

    private mutating func readLink(_ node: JSONNode) {
        guard let object = ObjectReader(node, known: Self.linkMembers, faults: faults) else { return }
        let id = object.string("id", required: true)
        if let id, id.hasPrefix("access:") || id.hasSuffix(">") || id.hasSuffix("<") {
            faults.report(
                object.place.member("id"),
                .unreadable(id, wanted: "a link's id: it may not begin with \"access:\" or end with \">\" or \"<\""))
        }
        let a = readEnd("a", of: object)
        let b = readEnd("b", of: object)
        let capacity = object.bandwidth("capacity", rounding: .down, required: true)
        let reservable = capacity.flatMap { readReservable(of: object, capacity: $0) }
        let latency = object.latency("latency") ?? .zero
        let affinity = object.strings("affinity") ?? []
        let risks = object.strings("sharedRisk") ?? []
        let isDirected = object.bool("directed") ?? false
        guard let id else { return }
        guard let a, let b else {
            incompleteLinks.append((id, object.place))
            return
        }
        // Without a capacity the document is refused; with any, the model still checks the ends, ports and id.
        draft.add(
            Cable(
                id: id, a: a, b: b, capacity: capacity ?? .unlimited, reservable: reservable, latency: latency,
                affinity: affinity,
                sharedRisks: risks, isDirected: isDirected), at: object.place)
    }

    private func readEnd(_ name: String, of link: ObjectReader) -> Cable.End? {
        guard let node = link.required(name),
            let object = ObjectReader(node, known: Self.endMembers, faults: faults)
        else { return nil }
        let port = object.integer("port", in: Self.ports).map { PortNumber(UInt32($0)) }
        guard let `switch` = object.string("switch", required: true) else { return nil }
        return Cable.End(node: NodeID(`switch`), port: port)
    }

    /// A number up to 1 is a share of the capacity, a larger whole one bit/s; 1 is the whole link, not one bit/s.
    private func readReservable(of link: ObjectReader, capacity: Bandwidth) -> Bandwidth? {
        guard let node = link.node["reservable"] else { return nil }
        guard let share = node.number, share <= 1 else { return link.bandwidth("reservable", rounding: .down) }
        guard share >= 0 else {
            faults.report(.byte(node.offset), .outOfRange("\(share)", wanted: "a share from 0 to 1, or bit/s"))
            return nil
        }
        // Exact: the shortest decimal of the share times the capacity, rounded down.
        return Bandwidth(exactly: Self.share(share, of: capacity.bitsPerSecond))
    }

    private static func share(_ share: Double, of capacity: Int) -> Int {
        // Shares are taken to a millionth, which no operator goes below; the product of integers is then exact.
        let millionths = Int((share * 1e6).rounded())
        let (high, low) = capacity.multipliedFullWidth(by: millionths)
        return 1_000_000.dividingFullWidth((high, low)).quotient
    }
}
