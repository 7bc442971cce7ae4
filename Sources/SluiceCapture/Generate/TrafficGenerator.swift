// Made-up traffic for those who have no capture at hand: the same seed makes the same packets on every machine, since
// only integers and operations that IEEE 754 rounds exactly are used.

package import SluiceModel

/// What to make up.
package struct TrafficModel: Hashable, Sendable {
    package var flows = 500
    package var durationSeconds = 60.0
    package var start = Instant(nanoseconds: 1_767_225_600_000_000_000)
    package var seed: UInt64 = 1
    /// Makes everything last so many times as long, at rates that are as many times lower.
    package var stretch: Int64 = 1
    /// Who talks; at least two.
    package var addresses: [IPv4Prefix]

    package init(addresses: [IPv4Prefix]) { self.addresses = addresses }
}

package struct GeneratedPacket: Hashable, Sendable {
    package let time: Instant
    package let tuple: FiveTuple
    package let dscp: UInt8
    /// With the Ethernet header.
    package let wireLength: Int
}

/// Packets of a model in time order, one at a time: memory for the flows, none for the packets.
package struct TrafficGenerator: Sendable {
    private let model: TrafficModel
    private var stream: RandomStream
    /// Start times of the flows to come, latest first, in nanoseconds from the model's start.
    private var starts: [Int64]
    /// Running flows as a binary heap, the one with the earliest next packet on top.
    private var running: [RunningFlow] = []

    private struct RunningFlow {
        let tuple: FiveTuple
        let dscp: UInt8
        let wireLength: Int
        let gapNanoseconds: Int64
        var packetsLeft: Int
        var next: Int64
    }

    /// A kind of traffic: how often it comes, and what its packets look like.
    private struct Application {
        /// Of 100 flows.
        let share: Int
        let ipProtocol: UInt8
        let port: UInt16
        let dscp: UInt8
        let wireLength: Int
        let bitsPerSecond: Int
        let seconds: ClosedRange<Double>
    }

    private static let applications = [
        // Voice: 50 packets a second, expedited forwarding (RFC 3246).
        Application(
            share: 20, ipProtocol: 17, port: 5_004, dscp: 46, wireLength: 214, bitsPerSecond: 85_600, seconds: 5...40),
        // Video conferences: assured forwarding class 4 (RFC 4594).
        Application(
            share: 10, ipProtocol: 17, port: 3_478, dscp: 34, wireLength: 1_200, bitsPerSecond: 1_000_000,
            seconds: 5...30),
        // Web pages.
        Application(
            share: 40, ipProtocol: 6, port: 443, dscp: 0, wireLength: 1_514, bitsPerSecond: 400_000, seconds: 0.2...8),
        // Names: one packet.
        Application(share: 20, ipProtocol: 17, port: 53, dscp: 0, wireLength: 86, bitsPerSecond: 1, seconds: 0...0),
        // Backups: lower effort (RFC 8622 gives 1; older networks use 8).
        Application(
            share: 10, ipProtocol: 6, port: 873, dscp: 8, wireLength: 1_514, bitsPerSecond: 2_000_000, seconds: 5...60),
    ]

    /// - Precondition: at least two addresses, a positive duration of at most ten years, and a flow.
    package init(_ model: TrafficModel) {
        precondition(model.addresses.count >= 2, "two ends make a flow")
        precondition(model.flows > 0 && model.durationSeconds > 0 && model.durationSeconds < 3.2e8, "no such model")
        self.model = model
        stream = RandomStream(seed: model.seed, purpose: "traffic")
        starts = []
        for _ in 0..<model.flows { starts.append(Int64(stream.unit() * model.durationSeconds * 1e9)) }
        starts.sort(by: >)
    }

    package mutating func next() -> GeneratedPacket? {
        while let start = starts.last, running.first.map({ start <= $0.next }) ?? true {
            starts.removeLast()
            push(newFlow(at: start))
        }
        guard var flow = running.first else { return nil }
        let packet = GeneratedPacket(
            time: Instant(nanoseconds: model.start.nanoseconds + flow.next * model.stretch), tuple: flow.tuple,
            dscp: flow.dscp,
            wireLength: flow.wireLength)
        flow.packetsLeft -= 1
        flow.next += flow.gapNanoseconds
        if flow.packetsLeft > 0 {
            running[0] = flow
        } else {
            running[0] = running[running.count - 1]
            running.removeLast()
        }
        sift()
        return packet
    }

    private mutating func newFlow(at start: Int64) -> RunningFlow {
        var ticket = stream.below(100)
        var position = 0
        while ticket >= Self.applications[position].share {
            ticket -= Self.applications[position].share
            position += 1
        }
        let application = Self.applications[position]
        let source = stream.below(model.addresses.count)
        var destination = stream.below(model.addresses.count - 1)
        if destination >= source { destination += 1 }
        // Squaring makes long flows rarer than short ones.
        let unit = stream.unit()
        let seconds =
            application.seconds.lowerBound + unit * unit
            * (application.seconds.upperBound - application.seconds.lowerBound)
        let packets = 1 + Int(seconds * Double(application.bitsPerSecond) / Double(application.wireLength * 8))
        return RunningFlow(
            tuple: FiveTuple(
                sourceRaw: UInt128(model.addresses[source].address),
                destinationRaw: UInt128(model.addresses[destination].address), isIPv6: false,
                ipProtocol: application.ipProtocol, sourcePort: UInt16(32_768 + stream.below(28_232)),
                destinationPort: application.port),
            dscp: application.dscp, wireLength: application.wireLength,
            gapNanoseconds: Int64(application.wireLength * 8) * 1_000_000_000 / Int64(application.bitsPerSecond),
            packetsLeft: packets, next: start)
    }

    private mutating func push(_ flow: RunningFlow) {
        running.append(flow)
        var child = running.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard running[child].next < running[parent].next else { break }
            running.swapAt(child, parent)
            child = parent
        }
    }

    /// Restores the heap after its top has changed.
    private mutating func sift() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < running.count && running[child].next < running[least].next {
                least = child
            }
            if least == parent { return }
            running.swapAt(parent, least)
            parent = least
        }
    }
}
