// What telemetry would measure on the links of a replayed network: each link carries what is held on it, and its queue is
// that of `FluidNetwork`.

import SluiceControlPlane
import SluiceModel

struct LinkQueues: Sendable {
    private let topology: Topology
    /// Of the links between switches: what telemetry sees.
    let trunks: [LinkIndex]
    private var network: FluidNetwork
    private var measured = Instant.epoch

    /// How long a full queue takes to drain. Home routers hold more, switches in data centres less.
    private static let bufferSeconds = 0.05

    init(_ topology: Topology) {
        self.topology = topology
        trunks = topology.links.filter { $0.kind == .trunk }.map(\.index)
        network = FluidNetwork(topology: topology, bufferSeconds: Self.bufferSeconds)
    }

    mutating func begin(at now: Instant) { measured = now }

    /// One sample of each link between switches, which carry what is `held`, in the order of `trunks`.
    mutating func samples(at now: Instant, held: [Bandwidth]) -> [TelemetrySample] {
        for (link, bandwidth) in zip(trunks, held) {
            network.background[link.position] = Double(bandwidth.bitsPerSecond)
        }
        _ = network.advance(max(now.seconds(since: measured), 1e-6), rates: [], paths: [])
        measured = now
        return trunks.map { link in
            let position = link.position
            return TelemetrySample(
                link: topology[link].id.text, time: now, utilisation: network.utilisation(of: position),
                queueDepthBytes: Int(network.queuedBits(of: position) / 8),
                latency: Latency(microseconds: Int(network.delay(of: position) * 1e6)),
                lossRatio: network.lossRatio[position])
        }
    }
}
