// The policy's `learning`: what telemetry may teach the choice of paths.

import SluiceJSON
import SluiceModel

struct LearningPolicyReader {
    private static let keys = [
        "scheme", "action", "rewardStep", "penaltyStep", "pursuitStep", "resolution", "memoryWeight", "floor", "paths",
        "margin", "dwellSeconds", "splitWeights", "splitChange", "drawsPerSecond", "smoothingSeconds", "staleSeconds",
        "rewardWeights",
    ]
    let faults: FaultCollector

    func read(_ learning: inout LearningPolicy, _ root: MappingReader) {
        guard let mapping = root.mapping("learning", known: Self.keys) else { return }
        mapping.choice("scheme", of: LearningPolicy.Scheme.self).map { learning.scheme = $0 }
        mapping.choice("action", of: LearningPolicy.Action.self).map { learning.action = $0 }
        mapping.number("rewardStep", in: 1e-6...0.999).map { learning.rewardStep = $0 }
        mapping.number("penaltyStep", in: 0...0.999).map { learning.penaltyStep = $0 }
        mapping.number("pursuitStep", in: 1e-6...1).map { learning.pursuitStep = $0 }
        mapping.integer("resolution", in: 1...1_000_000).map { learning.resolution = $0 }
        mapping.number("memoryWeight", in: 1e-6...1).map { learning.memoryWeight = $0 }
        mapping.number("floor", in: 0...0.5).map { learning.floor = $0 }
        mapping.integer("paths", in: 2...64).map { learning.paths = $0 }
        mapping.number("margin", in: 0...1).map { learning.margin = $0 }
        mapping.number("dwellSeconds", in: 0...86_400).map { learning.dwellSeconds = $0 }
        mapping.integer("splitWeights", in: 2...256).map { learning.splitWeights = $0 }
        mapping.integer("splitChange", in: 1...256).map { learning.splitChange = $0 }
        mapping.number("drawsPerSecond", in: 0.001...1e6).map { learning.drawsPerSecond = $0 }
        mapping.number("smoothingSeconds", in: 0...86_400).map { learning.smoothingSeconds = $0 }
        mapping.number("staleSeconds", in: 0.001...86_400).map { learning.staleSeconds = $0 }
        TrafficClassReader(faults: faults).rewardWeights(mapping).map { learning.rewardWeights = $0 }
        check(learning, mapping)
    }

    /// What one key says against another.
    private func check(_ learning: LearningPolicy, _ mapping: MappingReader) {
        // The floors of all paths together must leave something to learn with.
        if learning.floor * Double(learning.paths) >= 1 {
            faults.report(
                mapping.place("floor"),
                .outOfRange("\(learning.floor)", wanted: "less than 1 / \(learning.paths) (paths)"))
        }
        // Without one, such a scheme would settle on a path for ever.
        if learning.floor == 0, learning.scheme.needsFloor(penaltyStep: learning.penaltyStep) {
            faults.report(
                mapping.place("floor"), .outOfRange("0", wanted: "above 0 with the scheme \(learning.scheme.rawValue)"))
        }
        if learning.splitChange > learning.splitWeights {
            faults.report(
                mapping.place("splitChange"),
                .outOfRange("\(learning.splitChange)", wanted: "at most \(learning.splitWeights) (splitWeights)"))
        }
    }
}
