// `sluice simulate` without an experiment: runs of a network in a box, what happened in them, and a failure made small.

import ArgumentParser
import SluiceJSON
import SluiceSimulation

struct NetworkRun {
    static let allProfiles = "all"

    private let command: Simulate
    private let runs: [SimulationOptions]

    init(_ command: Simulate) {
        self.command = command
        if command.regression {
            runs = RegressionSeeds.all.map(\.options)
            return
        }
        let profiles =
            command.profile == Self.allProfiles
            ? SimulationProfile.allCases : [SimulationProfile(rawValue: command.profile) ?? .steady]
        runs = (0..<command.seeds).map { number in
            var options = SimulationOptions(
                seed: command.seed &+ UInt64(number), events: command.events,
                profile: profiles[number % profiles.count])
            options.nodes = command.nodes
            options.flows = command.flows
            options.checks = !command.unchecked
            options.skipped = command.without.flatMap { Self.ranges($0) } ?? []
            return options
        }
    }

    /// Ranges as `--without` has them; nil where the text is none.
    static func ranges(_ text: String) -> [ClosedRange<Int>]? {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last else {
                return nil
            }
            ranges.append(first...last)
        }
        return ranges
    }

    private struct Totals {
        var events = 0
        var stimuli = 0
        var virtualSeconds = 0.0
        var counts: [String: Int] = [:]
        var fingerprint: UInt64 = 0

        mutating func add(_ result: SimulationResult) {
            events += result.events
            stimuli += result.stimuli
            virtualSeconds += result.virtualSeconds
            counts.merge(result.counts) { $0 + $1 }
            fingerprint = fingerprint &* 0x100_0000_01b3 ^ result.fingerprint
        }
    }

    func run() throws {
        let started = Solve.monotonicSeconds()
        var totals = Totals()
        var failed: SimulationResult?
        var passed = 0
        for options in runs {
            let result = Simulation(options).run()
            totals.add(result)
            if result.failure != nil {
                failed = result
                break
            }
            passed += 1
        }
        let seconds = Solve.monotonicSeconds() - started
        var small: Minimiser?
        if let failed, let failure = failed.failure, !command.keepSize {
            StandardError.write("sluice: \(failed.options.command): \(failure.message); making it small\n")
            var minimiser = Minimiser(failed.options, failure)
            minimiser.run()
            small = minimiser
        }
        StandardOutput.write(
            command.json ? json(totals, passed, failed, small) : text(totals, passed, failed, small, seconds: seconds))
        if failed != nil { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func text(
        _ totals: Totals, _ passed: Int, _ failed: SimulationResult?, _ small: Minimiser?, seconds: Double
    ) -> String {
        var table = Table([.text("WHAT"), .number("HOW OFTEN")])
        table.append(["runs without a failure", "\(passed) of \(runs.count)"])
        table.append(["events", "\(totals.events)"])
        table.append(["stimuli", "\(totals.stimuli)"])
        table.append(["virtual seconds", decimal(totals.virtualSeconds, digits: 1)])
        for (name, count) in totals.counts.sorted(by: { $0.key < $1.key }) { table.append(["  \(name)", "\(count)"]) }
        table.append(["events a second", "\(Int(Double(totals.events) / max(1e-9, seconds)))"])
        table.append(["fingerprint", String(totals.fingerprint, radix: 16)])
        var lines = table.text
        if let failed, let failure = failed.failure {
            lines += "\n\(Self.account(of: failure))\n  \(failed.options.command)\n"
        }
        if let small {
            lines += "the same with less, after \(small.runs) runs: \(Self.account(of: small.failure))\n"
            lines += "  \(small.options.command)\n"
        }
        return lines
    }

    private static func account(of failure: SimulationFailure) -> String {
        "\(failure.kind.rawValue): \(failure.message) (event \(failure.event), stimulus \(failure.stimulus), "
            + "\(decimal(failure.seconds, digits: 3)) s)"
    }

    private func json(_ totals: Totals, _ passed: Int, _ failed: SimulationResult?, _ small: Minimiser?) -> String {
        var writer = JSONWriter(pretty: true)
        func member(_ name: String, _ value: Int) {
            writer.name(name)
            writer.integer(value)
        }
        func member(_ name: String, _ value: String) {
            writer.name(name)
            writer.string(value)
        }
        writer.beginObject()
        member("runs", runs.count)
        member("passed", passed)
        member("events", totals.events)
        member("stimuli", totals.stimuli)
        writer.name("virtualSeconds")
        writer.number(totals.virtualSeconds)
        member("fingerprint", String(totals.fingerprint, radix: 16))
        writer.name("counts")
        writer.beginObject()
        for (name, count) in totals.counts.sorted(by: { $0.key < $1.key }) { member(name, count) }
        writer.endObject()
        writer.name("failure")
        if let failed, let failure = failed.failure {
            writer.beginObject()
            member("kind", failure.kind.rawValue)
            member("message", failure.message)
            member("event", failure.event)
            member("command", failed.options.command)
            if let small { member("small", small.options.command) }
            writer.endObject()
        } else {
            writer.null()
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}
