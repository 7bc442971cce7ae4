// Flows as fluids and queues as buckets: what a network does to many flows over time, deterministic and cheap, for
// experiments with path choice. Between the fluid model's overload and its silence below it stands the M/M/1 formula,
// so that a link's delay rises with its load as it does for packets (Kleinrock, "Queueing Systems", volume 1, 1975,
// section 3.2).

package import SluiceModel

/// Rates in bit/s, amounts in bits, times in seconds; paths as positions of links.
package struct FluidNetwork: Sendable {
    /// Utilisation from which on the fluid queue speaks for itself.
    package static let stochasticLimit = 0.95

    package private(set) var capacity: [Double]
    private let propagation: [Double]
    /// Longest queue of each link, in bits.
    private let buffer: [Double]
    /// Mean size of what arrives at once in the M/M/1 term, in bits.
    private let burstBits: Double
    /// Traffic on each link that is no flow of ours.
    package var background: [Double]

    /// Fluid queue of each link.
    private var queue: [Double]
    /// Share of the arrivals that each link lost in the last step.
    package private(set) var lossRatio: [Double]
    /// Arrivals of each link in the last step, over its capacity; above 1 where it was overloaded.
    package private(set) var load: [Double]

    /// - Parameters:
    ///   - bufferSeconds: how long a full queue of each link takes to drain.
    ///   - burstBits: mean size of what arrives at once; a packet of 1 500 bytes, or a sender's burst of several.
    package init(topology: Topology, bufferSeconds: Double, burstBits: Double = 12_000) {
        self.burstBits = burstBits
        capacity = topology.links.map { Double($0.capacity.bitsPerSecond) }
        propagation = topology.links.map { Double($0.latency.microseconds) * 1e-6 }
        buffer = capacity.map { $0 * bufferSeconds }
        let zeros = [Double](repeating: 0, count: capacity.count)
        (background, queue, lossRatio, load) = (zeros, zeros, zeros, zeros)
    }

    package mutating func setCapacity(_ bitsPerSecond: Double, of link: Int) {
        capacity[link] = bitsPerSecond
        queue[link] = min(queue[link], buffer[link])
    }

    /// Lets flows send for `seconds`. Losses of the step before thin a flow for the links after.
    ///
    /// - Returns: what arrives of all flows, in bit/s.
    package mutating func advance(_ seconds: Double, rates: [Double], paths: [[Int]]) -> Double {
        var arrivals = background
        for (flow, path) in paths.enumerated() {
            var rate = rates[flow]
            for link in path {
                arrivals[link] += rate
                rate *= 1 - lossRatio[link]
            }
        }
        for link in capacity.indices {
            load[link] = arrivals[link] / capacity[link]
            let filled = queue[link] + (arrivals[link] - capacity[link]) * seconds
            let lost = max(0, filled - buffer[link])
            queue[link] = min(buffer[link], max(0, filled))
            lossRatio[link] = arrivals[link] > 0 ? min(1, lost / (arrivals[link] * seconds)) : 0
        }
        var delivered = 0.0
        for (flow, path) in paths.enumerated() {
            delivered += path.reduce(rates[flow]) { $0 * (1 - lossRatio[$1]) }
        }
        return delivered
    }

    package func utilisation(of link: Int) -> Double { min(1, load[link]) }

    /// Bits queued: the fluid's, and on average those of an M/M/1 queue at the link's load.
    package func queuedBits(of link: Int) -> Double {
        min(buffer[link], queue[link] + stochasticBits(load: load[link]))
    }

    /// Propagation and queueing, in seconds.
    package func delay(of link: Int) -> Double { propagation[link] + queuedBits(of: link) / capacity[link] }

    package func delay(of path: [Int]) -> Double { path.reduce(0) { $0 + delay(of: $1) } }

    /// What a lasting arrival rate makes of a link: the delay that the queue settles at.
    package func settledDelay(of link: Int, arrivals: Double) -> Double {
        let load = arrivals / capacity[link]
        let bits = load > 1 ? buffer[link] : min(buffer[link], stochasticBits(load: load))
        return propagation[link] + bits / capacity[link]
    }

    private func stochasticBits(load: Double) -> Double {
        let bounded = min(load, Self.stochasticLimit)
        return burstBits * bounded / (1 - bounded)
    }
}
