// What a policy says of traffic engineering proper: bandwidth constraints, damping, and RSVP-TE's priorities. Classes and
// their setup and hold priorities are checked against each other here, since both must have been read.

import SluiceModel
import Yams

struct EngineeringReader {
    let faults: FaultCollector

    func read(into policy: inout Policy, _ root: MappingReader) {
        readConstraints(&policy.bandwidthConstraints, root)
        readDamping(&policy.damping, root)
        readPriorities(&policy, root)
    }

    private func readConstraints(_ constraints: inout BandwidthConstraints, _ root: MappingReader) {
        guard let mapping = root.mapping("bandwidthConstraints", known: ["model", "shares"]) else { return }
        mapping.choice("model", of: BandwidthConstraints.Model.self).map { constraints.model = $0 }
        let elements = mapping.elements("shares") ?? []
        let wanted = "a share from 0 to 1 for each class type, at most \(BandwidthConstraints.classTypes) of them"
        if elements.count > BandwidthConstraints.classTypes {
            faults.report(mapping.place("shares"), .outOfRange("\(elements.count) shares", wanted: wanted))
        }
        constraints.shares = elements.compactMap { element in
            guard case .scalar(let scalar) = element.node, let share = DecimalText.value(scalar.string),
                (0...1).contains(share)
            else {
                faults.report(mapping.place("shares"), .unreadable(element.field, wanted: wanted))
                return nil
            }
            return Int((share * 1_000_000).rounded())
        }
        if constraints.model != .none, constraints.shares.isEmpty { mapping.reportMissing("shares") }
        // A doll does not hold a larger one: BC[c] bounds class types c and above together.
        if constraints.model == .rdm,
            zip(constraints.shares, constraints.shares.dropFirst()).contains(where: { $0 < $1 })
        {
            faults.report(mapping.place("shares"), .outOfRange("rising", wanted: "shares that do not rise, under rdm"))
        }
    }

    private func readDamping(_ damping: inout DampingPolicy, _ root: MappingReader) {
        let known = ["holdDownSeconds", "holdDownSecondsMax", "forgetSeconds", "growthSeconds"]
        guard let mapping = root.mapping("damping", known: known) else { return }
        mapping.number("holdDownSeconds", in: 0...86_400).map { damping.holdDownSeconds = $0 }
        mapping.number("holdDownSecondsMax", in: 0...86_400).map { damping.holdDownSecondsMax = $0 }
        mapping.number("forgetSeconds", in: 0...31_536_000).map { damping.forgetSeconds = $0 }
        mapping.number("growthSeconds", in: 0...86_400).map { damping.growthSeconds = $0 }
    }

    private func readPriorities(_ policy: inout Policy, _ root: MappingReader) {
        if let elements = root.elements("rsvpPriorities") {
            let levels = elements.compactMap { element -> Int? in
                guard case .scalar(let scalar) = element.node, let level = Int(scalar.string),
                    (0...Limits.weight).contains(level)
                else { return nil }
                return level
            }
            guard levels.count == 8, elements.count == 8, zip(levels, levels.dropFirst()).allSatisfy({ $0 > $1 }) else {
                faults.report(
                    root.place("rsvpPriorities"),
                    .outOfRange(
                        "\(elements.count) values", wanted: "eight priorities, strictly descending, for 0 to 7"))
                return
            }
            policy.rsvpPriorities = levels
        }
        let classes = root.elements("classes") ?? []
        for trafficClass in policy.classes {
            let (setup, hold) = (policy.setupLevel(of: trafficClass), policy.holdLevel(of: trafficClass))
            guard setup > trafficClass.priority || hold < trafficClass.priority else { continue }
            let index = policy.classes.firstIndex { $0.name == trafficClass.name } ?? 0
            let place = index < classes.count ? "classes" : "rsvpPriorities"
            faults.report(
                root.place(place),
                .outOfRange(
                    "class \(trafficClass.name): setup stands for \(setup), hold for \(hold)",
                    wanted: "setup at most and hold at least the class's priority, \(trafficClass.priority)"))
        }
    }
}
