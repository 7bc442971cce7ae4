// Whole networks in virtual time: every promise is kept, a seed says everything, and a mistake that somebody makes on
// purpose is found.

import SluiceControlPlane
import SluiceSimulation
import Testing

@Suite struct SimulationTests {
    @Test(arguments: SimulationProfile.allCases)
    func `every promise is kept, whatever fails`(profile: SimulationProfile) {
        for seed in UInt64(1)...2 {
            let result = Simulation(SimulationOptions(seed: seed, events: 4_000, profile: profile)).run()
            #expect(result.failure == nil, "\(result.options.command)")
            #expect(result.events >= 4_000)
        }
    }

    @Test func `the same seed gives the same bytes on every connection`() {
        let options = SimulationOptions(seed: 11, events: 4_000, profile: .chaos)
        let (first, second) = (Simulation(options).run(), Simulation(options).run())
        #expect(first.fingerprint == second.fingerprint)
        #expect(first.events == second.events && first.counts == second.counts)
        var other = options
        other.seed = 12
        #expect(Simulation(other).run().fingerprint != first.fingerprint)
    }

    @Test func `checking changes nothing that happens`() {
        var options = SimulationOptions(seed: 3, events: 3_000, profile: .calm)
        let checked = Simulation(options).run()
        options.checks = false
        #expect(Simulation(options).run().fingerprint == checked.fingerprint)
    }

    @Test func `what has found something once passes for ever`() {
        for entry in RegressionSeeds.all {
            let result = Simulation(entry.options).run()
            #expect(result.failure == nil, "\(entry.options.command): \(entry.found)")
        }
    }
}

@Suite struct PlantedDefectTests {
    /// How each of them may show itself.
    private static func kinds(of defect: PlantedDefect) -> Set<SimulationFailure.Kind> {
        switch defect {
        case .ledgerLeak: [.ledger]
        case .priorityOffByOne: [.priority]
        case .missingBarrier: [.packet]
        case .lostReply: [.reply]
        case .unsyncedJournal: [.durability]
        }
    }

    /// The first of a hundred seeds that finds `defect`.
    private static func finding(_ defect: PlantedDefect) -> SimulationResult? {
        for seed in UInt64(1)...100 {
            var options = SimulationOptions(seed: seed, events: 5_000, profile: .storm)
            options.defect = defect
            let result = Simulation(options).run()
            if result.failure != nil { return result }
        }
        return nil
    }

    @Test(arguments: PlantedDefect.allCases)
    func `a planted defect is found within a hundred seeds`(defect: PlantedDefect) throws {
        let result = try #require(Self.finding(defect), "\(defect.rawValue) was not found")
        let failure = try #require(result.failure)
        #expect(Self.kinds(of: defect).contains(failure.kind), "\(failure.kind.rawValue): \(failure.message)")
        // Without the defect the same run passes.
        var sound = result.options
        sound.defect = nil
        #expect(Simulation(sound).run().failure == nil)
    }

    @Test func `a failure is made small and stays the same failure`() throws {
        let result = try #require(Self.finding(.ledgerLeak))
        let failure = try #require(result.failure)
        var minimiser = Minimiser(result.options, failure, runLimit: 60)
        minimiser.run()
        let again = try #require(Simulation(minimiser.options).run().failure)
        #expect(again == minimiser.failure)
        #expect(again.kind == failure.kind)
        let left =
            again.stimulus - minimiser.options.skipped.reduce(0) { $0 + $1.clamped(to: 0...again.stimulus).count }
        #expect(left < failure.stimulus, "\(left) stimuli are left of \(failure.stimulus)")
        #expect(minimiser.options.command.contains("--without"))
    }
}
