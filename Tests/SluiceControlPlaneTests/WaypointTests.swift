// Paths by waypoints, compared with every loop-free path of small networks.

import SluiceControlPlane
import SluiceModel
import Testing

@Suite struct WaypointTests {
    /// Whether a loop-free path from `at` to `target` passes all of `rest`, by trying every one.
    private func exists(
        _ at: Int, _ target: Int, by rest: Set<Int>, after visited: Set<Int>, _ neighbours: [[Int]]
    ) -> Bool {
        let left = rest.subtracting([at])
        if at == target { return left.isEmpty }
        return neighbours[at].contains {
            !visited.contains($0) && exists($0, target, by: left, after: visited.union([$0]), neighbours)
        }
    }

    @Test(arguments: 0..<60) func `a path by waypoints is found exactly where there is one`(seed: Int) throws {
        var random = RandomStream(seed: UInt64(seed), purpose: "test.waypoints")
        let count = 8
        var cables: [(Int, Int)] = (2...count).map { (1 + random.below($0 - 1), $0) }
        while cables.count < count + 2 {
            let (a, b) = (1 + random.below(count), 1 + random.below(count))
            if a < b, !cables.contains(where: { $0 == (a, b) }) { cables.append((a, b)) }
        }
        var neighbours = [[Int]](repeating: [], count: count + 1)
        for (a, b) in cables {
            neighbours[a].append(b)
            neighbours[b].append(a)
        }
        var driver = Driver(try Network.make(count, cables))
        let first = 2 + random.below(count - 2)
        let second = 2 + random.below(count - 2)
        for waypoints in [[first], [first, second]] {
            let result = try driver.submit("f", "h1", "h\(count)", megabits: 1) {
                $0.constraints.via = waypoints.map { "s\($0)" }
            }
            let isThere = exists(1, count, by: Set(waypoints), after: [1], neighbours)
            #expect((result.flow.state == .admitted) == isThere, "by \(waypoints) in \(cables)")
            if isThere {
                #expect(Set(waypoints.map { NodeID("s\($0)") }).isSubset(of: result.flow.path))
                _ = try driver.withdraw("f")
            } else {
                #expect(result.rejection?.code == .noPath)
                #expect(result.rejection?.detail == .waypoints(waypoints.map { "s\($0)" }))
            }
        }
    }
}
