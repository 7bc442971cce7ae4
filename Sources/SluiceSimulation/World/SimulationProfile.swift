// What happens in a run: how fast, in which rhythm, and how often each kind of thing goes wrong.

package import SluiceControlPlane

/// One thing that the world does to Sluice from outside. Each draws from a random stream of its own, so one can be left
/// out and the others stay what they are.
enum Stimulus: String, CaseIterable, Sendable {
    case submit, submitBatch, withdraw, update, look, telemetry, optimize
    case garbage, vanish, reconnect
    case operate, linkDown, nodeDown, switchRestart, switchDisconnect, stall, refuse, lie, loseRow
    case clockJump, crash, diskFull, diskFailure, solverTrouble, slowDisk
}

package enum SimulationProfile: String, CaseIterable, Sendable {
    /// Clients come and go, nothing fails.
    case calm
    /// An even load, and now and then a fault of each kind.
    case steady
    /// Nothing for a while, then everything at once.
    case burst
    /// A load that rises and falls like a day's.
    case diurnal
    /// Flows that live for seconds, thousands of them.
    case churn
    /// Links and switches fail in groups.
    case storm
    /// Links are drained and put down by an operator, and come back.
    case maintenance
    /// All faults, all the time.
    case chaos

    package var text: String {
        switch self {
        case .calm: "clients come and go, nothing fails"
        case .steady: "an even load, and now and then a fault of each kind"
        case .burst: "nothing for a while, then everything at once"
        case .diurnal: "a load that rises and falls like a day's"
        case .churn: "thousands of flows that live for seconds"
        case .storm: "links and switches fail in groups"
        case .maintenance: "an operator drains links, puts them down and up again"
        case .chaos: "all faults, all the time"
        }
    }

    /// How often each stimulus comes, of the sum of all.
    var weights: [(Stimulus, Int)] {
        let work: [(Stimulus, Int)] = [
            (.submit, 300), (.submitBatch, 10), (.withdraw, 240), (.update, 50), (.look, 60), (.telemetry, 10),
        ]
        let faults: [(Stimulus, Int)] = [
            (.optimize, 2), (.garbage, 6), (.vanish, 4), (.reconnect, 4), (.operate, 3), (.linkDown, 6),
            (.switchRestart, 2), (.switchDisconnect, 2), (.stall, 2), (.refuse, 1), (.lie, 1), (.loseRow, 2),
            (.clockJump, 1), (.crash, 1), (.diskFull, 1), (.diskFailure, 1), (.solverTrouble, 1), (.slowDisk, 1),
        ]
        switch self {
        case .calm: return work
        case .steady, .burst, .diurnal: return work + faults
        case .churn:
            return work.map { ($0.0, $0.0 == .submit || $0.0 == .withdraw ? $0.1 * 4 : $0.1) } + faults
        case .storm: return work + faults + [(.linkDown, 30), (.nodeDown, 8), (.switchRestart, 8)]
        case .maintenance: return work + faults + [(.operate, 60)]
        case .chaos: return work + faults.map { ($0.0, $0.1 * 6) } + [(.nodeDown, 4)]
        }
    }

    /// Stimuli a second at `seconds` of virtual time, over their average.
    func pace(at seconds: Double) -> Double {
        switch self {
        case .calm, .steady, .churn, .storm, .maintenance, .chaos: return 1
        case .burst: return seconds.truncatingRemainder(dividingBy: 5) < 1 ? 4.2 : 0.2
        case .diurnal:
            // A day is two minutes long; a triangle from 0.2 to 1.8 and back.
            let phase = seconds.truncatingRemainder(dividingBy: 120) / 60
            return 0.2 + 1.6 * (phase < 1 ? phase : 2 - phase)
        }
    }

    /// Flows that live for at most so many seconds, of all; nil: as the seed says.
    var lifetimeSeconds: Int? { self == .churn ? 20 : nil }
}

package struct SimulationOptions: Sendable {
    package var seed: UInt64
    /// Events before the faults stop and everything has to come to rest.
    package var events: Int
    package var profile: SimulationProfile
    /// Switches, each with one host; nil: as the seed says.
    package var nodes: Int?
    /// Flows that the clients try to keep; nil: as the seed says.
    package var flows: Int?
    package var checks = true
    /// Stimuli that are left out.
    package var skipped: [ClosedRange<Int>] = []
    package var defect: PlantedDefect?

    package init(seed: UInt64, events: Int, profile: SimulationProfile) {
        self.seed = seed
        self.events = events
        self.profile = profile
    }

    /// The command that does the same again.
    package var command: String {
        var words = ["sluice simulate --seed \(seed) --events \(events) --profile \(profile.rawValue)"]
        if let nodes { words.append("--nodes \(nodes)") }
        if let flows { words.append("--flows \(flows)") }
        if !skipped.isEmpty {
            words.append(
                "--without "
                    + skipped.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
                    .joined(separator: ","))
        }
        return words.joined(separator: " ")
    }
}

package struct SimulationFailure: Hashable, Sendable {
    /// Which promise was broken.
    package enum Kind: String, Hashable, Sendable {
        case ledger, overbooked, path, priority, packet, reply, durability, refusal, gap, growth, convergence, invariant
        case codec, overdue, state
    }

    package var kind: Kind
    package var message: String
    /// Events before it.
    package var event: Int
    /// Stimuli before it.
    package var stimulus: Int
    package var seconds: Double
}

package struct SimulationResult: Sendable {
    package var options: SimulationOptions
    package var failure: SimulationFailure?
    package var events = 0
    package var stimuli = 0
    package var virtualSeconds = 0.0
    /// How often what happened, by name.
    package var counts: [String: Int] = [:]
    /// Over all bytes between the daemon, its clients and its switches: the same for the same seed on every machine.
    package var fingerprint: UInt64 = 0
}
