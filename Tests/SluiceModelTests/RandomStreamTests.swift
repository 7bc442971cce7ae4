import SluiceModel
import Testing

@Suite struct RandomStreamTests {
    @Test func `the same seed and purpose give the same numbers`() {
        var first = RandomStream(seed: 7, purpose: "search")
        var second = RandomStream(seed: 7, purpose: "search")
        #expect((0..<100).map { _ in first.next() } == (0..<100).map { _ in second.next() })
    }

    @Test func `another seed or purpose gives other numbers`() {
        var streams = [
            RandomStream(seed: 7, purpose: "search"), RandomStream(seed: 8, purpose: "search"),
            RandomStream(seed: 7, purpose: "automata"),
        ]
        let draws = streams.indices.map { index in (0..<4).map { _ in streams[index].next() } }
        #expect(Set(draws).count == 3)
    }

    @Test func `numbers below a bound are spread evenly`() {
        var stream = RandomStream(seed: 1, purpose: "test")
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<100_000 { counts[stream.below(10)] += 1 }
        // Standard deviation of each count is 95; five of them either way.
        #expect(counts.allSatisfy { abs($0 - 10_000) < 475 })
        let units = (0..<10_000).map { _ in stream.unit() }
        #expect(units.allSatisfy { (0..<1).contains($0) })
        #expect(abs(units.reduce(0, +) / 10_000 - 0.5) < 0.02)
    }
}
