// A whole replay as one value: what went in, what each scheme made of it, and, apart, what was measured on the way.
// Everything but `measured` is decided by the captures, the documents and the options.

package import SluiceCapture
package import SluiceModel

package struct ReplayReport: Sendable {
    /// How fast it went, on the wall clock.
    package struct Measurement: Sendable {
        package var readSeconds: Double
        package var packets: Int
        package var schemes: [Scheme] = []

        package struct Scheme: Sendable {
            package var name: String
            package var seconds: Double
            /// Nanoseconds of each decision, ascending.
            package var latencies: [UInt64]

            package init(name: String, seconds: Double, latencies: [UInt64]) {
                self.name = name
                self.seconds = seconds
                self.latencies = latencies.sorted()
            }

            /// Microseconds that `share` of the decisions took at most; nil without decisions.
            package func microseconds(share: Double) -> Double? {
                guard !latencies.isEmpty else { return nil }
                let position = min(latencies.count - 1, Int(Double(latencies.count) * share))
                return Double(latencies[position]) / 1_000
            }
        }

        package init(readSeconds: Double, packets: Int) {
            self.readSeconds = readSeconds
            self.packets = packets
        }
    }

    /// What the captures held, before anything was made of it.
    package struct Traffic: Hashable, Sendable {
        package var packets: Int
        package var bytes: Int
        package var packetsNotIP: Int
        package var packetsWithoutTime: Int
        package var packetsBeyondLimit: Int
        package var first: Instant?
        package var last: Instant?

        package init(_ table: EpisodeTable) {
            packets = table.packets
            bytes = table.bytes
            packetsNotIP = table.packetsNotIP
            packetsWithoutTime = table.packetsWithoutTime
            packetsBeyondLimit = table.packetsBeyondLimit
            first = table.episodes.lazy.map(\.start).min()
            last = table.episodes.lazy.map(\.end).max()
        }
    }

    /// A capture that broke off, and where.
    package struct Truncation: Hashable, Sendable {
        package var capture: String
        package var damage: CaptureDamage
        package init(capture: String, damage: CaptureDamage) {
            self.capture = capture
            self.damage = damage
        }
    }

    package var captures: [String]
    package var truncations: [Truncation]
    package var policyName: String
    package var topology: Topology
    package var policy: Policy
    package var options: ReplayOptions
    package var traffic: Traffic
    package var plan: ReplayPlan
    package var results: [ReplayResult] = []
    package var measured: Measurement

    package init(
        captures: [String], truncations: [Truncation], policyName: String, topology: Topology, policy: Policy,
        options: ReplayOptions, traffic: Traffic, plan: ReplayPlan, measured: Measurement
    ) {
        self.captures = captures
        self.truncations = truncations
        self.policyName = policyName
        self.topology = topology
        self.policy = policy
        self.options = options
        self.traffic = traffic
        self.plan = plan
        self.measured = measured
    }

    /// Seconds from the first arrival to the last departure.
    package var durationSeconds: Double {
        guard let first = plan.flows.first?.start, let last = plan.flows.lazy.map(\.end).max() else { return 0 }
        return last.seconds(since: first)
    }
}
