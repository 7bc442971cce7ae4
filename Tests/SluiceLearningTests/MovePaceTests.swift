import SluiceLearning
import SluiceModel
import Testing

@Suite struct MovePaceTests {
    private func instant(_ seconds: Double) -> Instant { Instant.epoch.advanced(bySeconds: seconds) }

    /// Moves in each of ten seconds of ten rounds, where in every round so many flows wish to move for this gain.
    private func moves(_ wishes: Int, gain: Double, flows: Int) -> [Int] {
        var pace = MovePace()
        return (0..<10).map { second in
            var moves = 0
            for round in 0..<10 {
                let now = instant(Double(second) + Double(round) / 10)
                pace.begin(at: now)
                for _ in 0..<wishes where pace.permits(gain: gain, flows: flows) {
                    pace.count(at: now)
                    moves += 1
                }
            }
            return moves
        }
    }

    @Test func `for little gain half a percent of the flows move in a second, one at least`() {
        #expect(moves(20, gain: 0.09, flows: 200) == Array(repeating: 1, count: 10))
        #expect(moves(20, gain: 0.09, flows: 3) == Array(repeating: 1, count: 10))
        #expect(moves(20, gain: 0.09, flows: 2_000) == Array(repeating: 10, count: 10))
    }

    @Test func `few flows of many keep the pace too, whatever they gain`() {
        #expect(moves(8, gain: 0.5, flows: 200) == Array(repeating: 1, count: 10))
    }

    @Test func `where many gain much nobody waits from the second round on`() {
        #expect(moves(9, gain: 0.1, flows: 200) == [82] + Array(repeating: 90, count: 9))
        #expect(moves(1, gain: 0.1, flows: 3) == Array(repeating: 10, count: 10))
    }

    @Test func `a round without wishes does not end the haste of those in the same second`() {
        var pace = MovePace()
        var moved = 0
        for round in 0..<10 {
            pace.begin(at: instant(Double(round) / 10))
            guard round % 2 == 0 else { continue }
            for _ in 0..<9 where pace.permits(gain: 0.2, flows: 200) {
                pace.count(at: instant(Double(round) / 10))
                moved += 1
            }
        }
        #expect(moved == 1 + 4 * 9)
    }
}
