// Networks made from a rule and a seed, for tests, benchmarks and trying things out. The same kind, parameters and seed
// give the same network on every machine.

package import SluiceModel

/// What to generate. Each kind's parameters are checked by `make`.
package enum GeneratedTopology: Hashable, Sendable {
    /// A uniformly random spanning tree plus random edges up to an average degree (arXiv 2009.10822, section V); the
    /// places of the switches are random in a square.
    case semiRandom(switches: Int, averageDegree: Double)
    /// Waxman's random graph: switches u and v at distance d are joined with probability β exp(−d / (α L)), L being the
    /// largest distance (Waxman, IEEE JSAC 6, 1988); components are then joined by their shortest links.
    case waxman(switches: Int, alpha: Double, beta: Double)
    /// k-ary fat tree with k pods and k³/4 hosts (Al-Fares et al., SIGCOMM 2008).
    case fatTree(k: Int)
    /// Every leaf joined to every spine.
    case leafSpine(leaves: Int, spines: Int)
    case ring(switches: Int)
    case grid(rows: Int, columns: Int)
    /// Groups of `routers` joined completely, `globalLinks` links a router to other groups, and as many groups as give
    /// each pair of groups exactly one link (Kim et al., ISCA 2008).
    case dragonfly(routers: Int, globalLinks: Int)
}

/// What all kinds have in common.
package struct GenerationOptions: Hashable, Sendable {
    package var seed: UInt64 = 1
    /// nil: named after the kind and its parameters.
    package var name: String?
    package var capacity: Bandwidth = .gigabits(10)
    /// nil: from the distance where switches have places, else 5 us, which is one kilometre of fibre.
    package var latency: Latency?
    /// Hosts on each switch that takes hosts (edge switches and leaves where there are such). A fat tree has k/2.
    package var hostsPerSwitch: Int = 1
    /// Side of the square in which random switches are placed.
    package var sideKilometres: Double = 1_000
    package init() {}
}

/// A parameter that makes no network.
package struct InvalidGeneration: Error, Hashable {
    package let parameter: String
    /// What would do, as "an even number from 2 to 48".
    package let wanted: String
    package init(parameter: String, wanted: String) {
        self.parameter = parameter
        self.wanted = wanted
    }
}

extension GeneratedTopology {
    package func make(_ options: GenerationOptions = GenerationOptions()) throws(InvalidGeneration) -> Topology {
        guard (0...64).contains(options.hostsPerSwitch) else {
            throw InvalidGeneration(parameter: "hosts", wanted: "a whole number from 0 to 64")
        }
        guard options.capacity > .zero else {
            throw InvalidGeneration(parameter: "capacity", wanted: "at least 1 bit/s")
        }
        guard (0.001...20_000).contains(options.sideKilometres) else {
            throw InvalidGeneration(parameter: "side", wanted: "0.001 to 20000 kilometres")
        }
        var builder = GraphBuilder(options: options)
        let name: String
        switch self {
        case .semiRandom(let switches, let averageDegree):
            try RandomGraphs.semiRandom(switches: switches, averageDegree: averageDegree, into: &builder)
            name = "semi-random-\(switches)-seed\(options.seed)"
        case .waxman(let switches, let alpha, let beta):
            try RandomGraphs.waxman(switches: switches, alpha: alpha, beta: beta, into: &builder)
            name = "waxman-\(switches)-seed\(options.seed)"
        case .fatTree(let k):
            try Fabrics.fatTree(k: k, into: &builder)
            name = "fat-tree-k\(k)"
        case .leafSpine(let leaves, let spines):
            try Fabrics.leafSpine(leaves: leaves, spines: spines, into: &builder)
            name = "leaf-spine-\(leaves)x\(spines)"
        case .ring(let switches):
            try Fabrics.ring(switches: switches, into: &builder)
            name = "ring-\(switches)"
        case .grid(let rows, let columns):
            try Fabrics.grid(rows: rows, columns: columns, into: &builder)
            name = "grid-\(rows)x\(columns)"
        case .dragonfly(let routers, let globalLinks):
            try Fabrics.dragonfly(routers: routers, globalLinks: globalLinks, into: &builder)
            name = "dragonfly-a\(routers)-h\(globalLinks)"
        }
        return builder.topology(named: options.name ?? name)
    }
}

/// Nodes and cables as a generator adds them.
struct GraphBuilder {
    let options: GenerationOptions
    private(set) var switches: [NodeID] = []
    /// Kilometres in the plane; empty where the kind has no places.
    private var places: [(x: Double, y: Double)] = []
    private var nodes: [Node] = []
    private var hosts: [(node: Node, cable: Cable)] = []
    private var cables: [Cable] = []

    init(options: GenerationOptions) { self.options = options }

    mutating func addSwitch(_ name: String, at place: (x: Double, y: Double)? = nil) {
        let id = NodeID(name)
        switches.append(id)
        if let place { places.append(place) }
        nodes.append(Node(id: id, kind: .switch(Switch())))
    }

    /// Joins two switches by their positions.
    mutating func join(_ a: Int, _ b: Int) {
        var latency = options.latency ?? Latency(microseconds: 5)
        if options.latency == nil, !places.isEmpty { latency = .fibre(kilometres: distance(a, b)) }
        cables.append(
            Cable(
                id: "\(switches[a])--\(switches[b])", a: Cable.End(node: switches[a]), b: Cable.End(node: switches[b]),
                capacity: options.capacity, latency: latency))
    }

    /// Hosts on the switch at `position`, addressed 10.0.0.1 and on in order of addition.
    mutating func addHosts(_ count: Int, to position: Int) {
        for index in 0..<count {
            let number = hosts.count + 1
            let id = NodeID(count == 1 ? "h-\(switches[position])" : "h-\(switches[position])-\(index)")
            let host = Host(
                hardwareAddress: HardwareAddress(0x0200_0000_0000 + UInt64(number)),
                ipv4: IPv4Prefix(10 << 24 + UInt32(number)))
            hosts.append(
                (
                    Node(id: id, kind: .host(host)),
                    .access(of: id, to: Cable.End(node: switches[position]), capacity: options.capacity)
                ))
        }
    }

    mutating func addHostsEverywhere() {
        for position in switches.indices { addHosts(options.hostsPerSwitch, to: position) }
    }

    func distance(_ a: Int, _ b: Int) -> Double {
        let (x, y) = (places[a].x - places[b].x, places[a].y - places[b].y)
        return (x * x + y * y).squareRoot()
    }

    func topology(named name: String) -> Topology {
        do throws(InvalidTopology) {
            return try Topology(name: name, nodes: nodes + hosts.map(\.node), cables: cables + hosts.map(\.cable))
        } catch {
            preconditionFailure("a generator made an invalid network: \(error.issues)")
        }
    }
}
