// Many flows on one fluid network that is measured ten times a second, as telemetry would measure it: what the experiments
// with path choice have in common, whoever decides for the flows.

package import SluiceModel

package protocol FlowPopulation {
    var topology: Topology { get }
    var network: FluidNetwork { get set }
    /// Links of the path that each flow takes.
    var taken: [[Int]] { get }
    /// Links of each path that each flow may choose, the one that it takes among them.
    var candidates: [[[Int]]] { get }
    /// Changes of paths so far.
    var moves: Int { get }

    /// Lets the flows send for one telemetry interval, then measures every link.
    ///
    /// - Returns: mean rate that arrived in the interval, bit/s.
    mutating func send() -> Double
    /// Lets the flows learn from the measurements, and those move that should and may.
    mutating func decide()
}

extension FlowPopulation {
    /// Mean one-way delay over the flows now, in seconds.
    package var meanDelay: Double {
        taken.reduce(0) { $0 + network.delay(of: $1) } / Double(max(1, taken.count))
    }

    /// How many flows use each link.
    package var users: [Int] {
        var users = [Int](repeating: 0, count: topology.links.count)
        for path in taken { for link in path { users[link] += 1 } }
        return users
    }
}

/// The telemetry of a simulated network.
package enum SimulatedTelemetry {
    package static let seconds = 0.1
    /// Steps of the fluid model.
    package static let stepSeconds = 0.01
    /// Relative error of each measurement, uniform.
    package static let error = 0.02

    /// Lets flows send for one interval.
    ///
    /// - Returns: mean rate that arrived, bit/s.
    static func advance(_ network: inout FluidNetwork, rates: [Double], paths: [[Int]]) -> Double {
        let steps = Int((seconds / stepSeconds).rounded())
        var delivered = 0.0
        for _ in 0..<steps { delivered += network.advance(stepSeconds, rates: rates, paths: paths) }
        return delivered / Double(steps)
    }

    /// A measurement of every link.
    static func samples(
        of network: FluidNetwork, topology: Topology, at now: Instant, random: inout RandomStream
    ) -> [LinkSample] {
        topology.links.indices.map { link in
            func measured(_ value: Double) -> Double { value * (1 + error * (2 * random.unit() - 1)) }
            return LinkSample(
                link: LinkIndex(link), time: now, utilisation: min(1, measured(network.utilisation(of: link))),
                queueDepthBytes: Int(measured(network.queuedBits(of: link)) / 8),
                latency: Latency(microseconds: Int((measured(network.delay(of: link)) * 1e6).rounded())),
                lossRatio: network.lossRatio[link])
        }
    }
}
