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
        /// Of the yardstick, over all intervals.
        package var optimumSeconds: Double?

        package struct Scheme: Sendable {
            package var name: String
            package var seconds: Double
            /// Nanoseconds of each decision, ascending.
            package var latencies: [UInt64]

            /// How many decisions took up to 1, 2, 5, 10, ... microseconds and more than the bin before.
            package var histogram: [(upToMicroseconds: Double, count: Int)] {
                if latencies.isEmpty { return [] }
                // Steps of the preferred numbers 1, 2, 5 (ISO 3).
                var bins: [(upToMicroseconds: Double, count: Int)] = []
                var (limit, factor, position) = (1_000.0, 0, 0)
                repeat {
                    let start = position
                    while position < latencies.count, Double(latencies[position]) <= limit { position += 1 }
                    bins.append((limit / 1_000, position - start))
                    limit *= [2, 2.5, 2][factor % 3]
                    factor += 1
                } while position < latencies.count
                return bins
            }

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
    package var timeline: ReplayTimeline
    package var results: [ReplayResult] = []
    /// The yardstick of each interval; empty where it was not asked for.
    package var optima: [ReplayOptimum] = []
    package var faults: [ReplayFault] = []
    package var telemetrySeconds: Double?
    package var measured: Measurement

    package init(
        captures: [String], truncations: [Truncation], policyName: String, topology: Topology, policy: Policy,
        options: ReplayOptions, traffic: Traffic, plan: ReplayPlan, timeline: ReplayTimeline, measured: Measurement
    ) {
        self.captures = captures
        self.truncations = truncations
        self.policyName = policyName
        self.topology = topology
        self.policy = policy
        self.options = options
        self.traffic = traffic
        self.plan = plan
        self.timeline = timeline
        self.measured = measured
    }

    /// Seconds from the first arrival to the last departure.
    package var durationSeconds: Double {
        plan.span.map { $0.end.seconds(since: $0.start) } ?? 0
    }

    /// Links that held anything or were in the way, those with the highest peak first.
    package func fullestLinks(of result: ReplayResult) -> [ReplayResult.LinkUse] {
        func peakShare(_ use: ReplayResult.LinkUse) -> Double {
            Double(use.peak.bitsPerSecond) / Double(max(1, topology[use.link].reservable.bitsPerSecond))
        }
        return result.links.filter { $0.peak > .zero || $0.refusals > 0 }.sorted { left, right in
            let (first, second) = (peakShare(left), peakShare(right))
            return first != second ? first > second : left.link < right.link
        }
    }

    /// Weight at the busiest instants of all intervals: what the scheme carried in full, and the best that was found.
    package func weightCarried(_ result: ReplayResult) -> Int {
        result.intervals.reduce(0) { $0 + $1.weightCarried }
    }
    package var optimumWeight: Int { optima.reduce(0) { $0 + $1.weight } }
}
