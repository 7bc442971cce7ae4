import SluiceCapture
import SluiceModel
import Testing

@Suite struct FlowAggregationTests {
    /// Packets with VLAN 5 or none, code point 0 or 46, to ports 53 and 80 of two addresses of one /24.
    private static func table(_ aggregation: FlowAggregation) -> EpisodeTable {
        var options = EpisodeOptions()
        options.aggregation = aggregation
        var table = EpisodeTable(options)
        for (tags, tos, port, host) in [
            ([], 0, 53, 2), ([], 0, 80, 2), ([], 46 << 2, 53, 2), ([0, 5, 8, 0], 0, 53, 2), ([], 0, 53, 3),
        ] as [(Bytes, UInt8, Int, UInt8)] {
            let ip = Packets.ipv4(Packets.ports(5_000, port), to: [10, 0, 0, host], tos: tos)
            let frame = Packets.ethernet(tags.isEmpty ? 0x0800 : 0x8100, tags + ip)
            frame.withUnsafeBytes {
                table.count(CapturedPacket(time: .epoch, wireLength: 100, linkType: .ethernet, bytes: $0))
            }
        }
        return table
    }

    @Test(
        arguments: [
            (.fiveTuple, [3, 1, 1]), (.hostPair, [4, 1]), (.prefix(ipv4: 24, ipv6: 64), [5]),
            (.prefix(ipv4: 32, ipv6: 64), [4, 1]), (.vlan, [3, 1, 1]), (.dscp, [3, 1, 1]),
        ] as [(FlowAggregation, [Int])])
    func `packets are one flow by what is asked for`(aggregation: FlowAggregation, packets: [Int]) {
        #expect(Self.table(aggregation).episodes.map(\.packets) == packets)
    }

    @Test(
        arguments: [
            .fiveTuple, .hostPair, .prefix(ipv4: 24, ipv6: 64), .vlan, .dscp,
        ] as [FlowAggregation])
    func `the match of a flow accepts its first packet, and that of no other flow where they are disjoint`(
        aggregation: FlowAggregation
    ) {
        let episodes = Self.table(aggregation).episodes
        for episode in episodes {
            let match = aggregation.match(of: episode.key)
            #expect(match.accepts(episode.headers))
            for other in episodes where other.key != episode.key {
                #expect(!match.accepts(other.headers), "\(match) \(other.headers)")
            }
        }
    }

    @Test func `the ends of a prefix flow are prefixes`() throws {
        let aggregation = FlowAggregation.prefix(ipv4: 24, ipv6: 64)
        let key = try #require(Self.table(aggregation).episodes.first?.key)
        #expect(aggregation.endsText(of: key).destination == "10.0.0.0/24")
        #expect(FlowAggregation.hostPair.endsText(of: key).destination == "10.0.0.0")
    }
}

@Suite struct RateProfileTests {
    /// A flow that sends `bytes` in each second.
    private func episode(_ bytes: [Int]) throws -> TrafficEpisode {
        var table = EpisodeTable(idleTimeoutSeconds: 1_000)
        Packets.udp.withUnsafeBytes { packet in
            for (second, count) in bytes.enumerated() where count > 0 {
                table.count(
                    CapturedPacket(
                        time: Instant(nanoseconds: Int64(second) * 1_000_000_000), wireLength: count,
                        linkType: .ethernet, bytes: packet))
            }
        }
        return try #require(table.episodes.first)
    }

    @Test func `what is sent within the first window needs no profile`() throws {
        let short = try episode([500])
        #expect(short.profile == nil)
        #expect(short.meanRate(window: 1) == 4_000)
        #expect(short.peakRate(window: 1) == 4_000)
        #expect(short.rate(atShare: 0.95, window: 1) == 4_000)
    }

    @Test func `up to sixteen windows are kept as they are, silent ones too`() throws {
        let found = try episode([100, 0, 300, 200])
        #expect(Array(try #require(found.profile).bytesByStretch) == [100, 0, 300, 200])
        #expect(found.peakRate(window: 1) == 2_400)
        #expect([0.25, 0.5, 0.75, 1].map { found.rate(atShare: $0, window: 1) } == [0, 800, 1_600, 2_400])
    }

    @Test func `a steady flow's peak is its mean, not less`() throws {
        // Three packets in two seconds.
        let found = try episode([100, 100, 100])
        #expect(found.meanRate(window: 1) == 1_200)
        #expect(found.peakRate(window: 1) == 1_200)
    }

    @Test func `a longer flow doubles its stretches and keeps every byte`() throws {
        let found = try episode((1...100).map { $0 * 10 })
        let profile = try #require(found.profile)
        #expect(profile.windowsPerStretch == 8)
        #expect(profile.bytesByStretch.count == 13)
        #expect(profile.bytesByStretch.first == 360)
        #expect(profile.bytesByStretch.reduce(0, +) == 50_500)
        #expect(found.peakRate(window: 1) == 8_000)
    }

    @Test func `a percentile of many windows is at most an eighth too high and never too low`() throws {
        var stream = RandomStream(seed: 1, purpose: "windows")
        let bytes = (0..<2_000).map { _ in stream.below(3) == 0 ? 0 : 1 + stream.below(100_000) }
        let found = try episode([1] + bytes + [1])
        let sorted = ([1] + bytes + [1]).sorted()
        for share in [0.2, 0.5, 0.9, 0.95, 0.99, 1] {
            let exact = sorted[max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1)]
            let answer = Int(found.rate(atShare: share, window: 1) / 8)
            #expect(answer >= exact && Double(answer) <= Double(exact) * 1.125, "\(share): \(answer) for \(exact)")
        }
    }

    @Test func `a flow that lasts for years takes no longer than its packets`() throws {
        let found = try episode([8] + Array(repeating: 0, count: 900) + [8])
        #expect(try #require(found.profile).bytesByStretch.count <= RateProfile.stretchCount)
        #expect(found.rate(atShare: 0.95, window: 1) == 0)
    }
}
