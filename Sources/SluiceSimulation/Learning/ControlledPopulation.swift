// Flows that a whole control plane admits and moves, the one that the daemon runs: candidates, ledger, turns and rounds
// are its own, and measurements come to it as they come by UDP.

import SluiceControlPlane
package import SluiceModel

package struct ControlledPopulation: FlowPopulation, Sendable {
    package let topology: Topology
    package var network: FluidNetwork
    package private(set) var taken: [[Int]] = []
    package private(set) var moves = 0

    private var plane: ControlPlane
    private let rates: [Double]
    private var now = Instant.epoch
    private var random: RandomStream
    private var samples: [LinkSample] = []
    private var lastTicket: UInt64 = 0

    /// Submits a flow of `bandwidth` for each pair of `ends`.
    ///
    /// - Precondition: all of them can be admitted together.
    package init(
        topology: Topology, network: FluidNetwork, ends: [(source: NodeIndex, destination: NodeIndex)],
        bandwidth: Bandwidth, learning: LearningPolicy, seed: UInt64
    ) {
        self.topology = topology
        self.network = network
        var policy = Policy.standard
        policy.learning = learning
        plane = ControlPlane(topology: topology, policy: policy, seed: seed)
        rates = Array(repeating: Double(bandwidth.bitsPerSecond), count: ends.count)
        random = RandomStream(seed: seed, purpose: "telemetry noise")
        for (flow, pair) in ends.enumerated() {
            let request = FlowRequest(
                id: Self.id(flow), source: topology[pair.source].id, destination: topology[pair.destination].id,
                bandwidth: bandwidth)
            guard case .flow(let result)? = ask(.submit(request, dryRun: false)), result.rejection == nil else {
                preconditionFailure("\(request) was not admitted")
            }
            taken.append(positions(of: result.flow.links))
        }
    }

    package var candidates: [[[Int]]] {
        var copy = self
        return taken.indices.map { flow in
            guard case .automata(let automata)? = copy.ask(.automata(Self.id(flow))), let automaton = automata.first
            else { return [taken[flow]] }
            return automaton.candidates.map { positions(of: $0.links) }
        }
    }

    package mutating func send() -> Double {
        let delivered = SimulatedTelemetry.advance(&network, rates: rates, paths: taken)
        now = now.advanced(bySeconds: SimulatedTelemetry.seconds)
        samples = SimulatedTelemetry.samples(of: network, topology: topology, at: now, random: &random)
        return delivered
    }

    package mutating func decide() { follow(plane.handle(.measured(samples), at: now)) }

    /// What is wrong with the control plane; empty unless it has a defect.
    package var faults: [String] { plane.checkInvariants() }

    private mutating func ask(_ request: Request) -> Response? {
        lastTicket += 1
        let effects = plane.handle(.request(Ticket(lastTicket), from: ClientID(1), request), at: now)
        follow(effects)
        for case .reply(_, .success(let response)) in effects { return response }
        return nil
    }

    private mutating func follow(_ effects: [Effect]) {
        for case .report(let occurrence) in effects where occurrence.kind == .flowMoved {
            guard let id = occurrence.flow, let flow = Int(id.text.dropFirst()) else { continue }
            taken[flow] = positions(of: occurrence.path)
            moves += 1
        }
    }

    private func positions(of links: [LinkID]) -> [Int] { links.compactMap { topology.index(of: $0)?.position } }

    private static func id(_ flow: Int) -> FlowID { FlowID("f\(flow)") }
}
