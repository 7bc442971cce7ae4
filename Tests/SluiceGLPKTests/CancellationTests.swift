// Solves that end at random instants: nothing may leak, and every answer has passed the audit.

import SluiceGLPK
import SluiceModel
import SluiceSolver
import Synchronization
import Testing

private import Glibc

@Suite struct CancellationTests {
    /// A clock that moves by a tenth of a millisecond a reading, and cancels at one of them.
    private final class FatalClock: Sendable {
        private let readings = Atomic<Int>(0)
        private let token: CancellationToken
        private let last: Int

        init(cancelling token: CancellationToken, atReading last: Int) {
            self.token = token
            self.last = last
        }

        var now: Double {
            let reading = readings.wrappingAdd(1, ordering: .relaxed).newValue
            if reading >= last { token.cancel() }
            return Double(reading) * 0.000_1
        }
    }

    /// Pages of this process in memory.
    private static func residentPages() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    private static func contested(flows: Int, random: inout RandomStream) throws -> AdmissionProblem {
        let nodes = (0..<8).map { Node(id: NodeID("s\($0)"), kind: .switch(Switch())) }
        let cables = (0..<16).map { number in
            let a = number % 8
            let b = (a + 1 + (number / 8) * 2) % 8
            return Cable(
                id: "l\(number)", a: .init(node: nodes[a].id), b: .init(node: nodes[b].id),
                capacity: Bandwidth(bitsPerSecond: 40 + random.below(60)), latency: Latency(microseconds: 1))
        }
        let topology = try Topology(name: "contested", nodes: nodes, cables: cables)
        let demands = (0..<flows).map { number in
            let source = random.below(8)
            return AdmissionDemand(
                id: FlowID("f\(number)"), source: NodeIndex(source),
                destination: NodeIndex((source + 1 + random.below(7)) % 8),
                bandwidth: Bandwidth(bitsPerSecond: 1 + random.below(20)), priority: FlowPriority(1 + random.below(9)))
        }
        return AdmissionProblem(topology: topology, demands: demands)
    }

    @Test func `a thousand solves cancelled or timed out at random instants leak nothing`() throws {
        var random = RandomStream(seed: 9, purpose: "tests.cancellation")
        let problem = try Self.contested(flows: 120, random: &random)
        let methods: [AdmissionPolicy.Method] = [.auto, .exact, .search, .genetic, .memetic]
        var pagesWarm = 0
        for round in 0..<1_000 {
            let token = CancellationToken()
            let last = 1 + random.below(400)
            let clock = FatalClock(cancelling: token, atReading: round % 2 == 0 ? last : Int.max)
            let seconds = round % 2 == 0 ? 1e9 : Double(last) * 0.000_1
            let solution = AdmissionSolver.solve(
                problem,
                options: SolveOptions(
                    method: methods[round % methods.count],
                    budget: SolveBudget(.wallTime(seconds: seconds, clock: { clock.now }), cancellation: token),
                    seed: UInt64(round)),
                engine: GLPKEngine())
            #expect(solution.refused == nil && solution.bound >= solution.objective)
            if round == 300 { pagesWarm = Self.residentPages() }
        }
        // Threads that a coordinator left behind may still be ending: some of their stacks are allowed for.
        #expect(Self.residentPages() <= pagesWarm + 8_192, "resident memory grew by more than 32 MB")
    }
}
