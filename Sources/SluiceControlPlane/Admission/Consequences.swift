// What one event did to flows: every unit it touched and where that ran before. States, reports and rules follow from
// the comparison with where it runs after, once, at the end.

import SluiceModel

enum Cause: Hashable, Sendable {
    case submission
    case update(slot: Int)
    /// Room was given back.
    case release
    case linkState(LinkState, links: [LinkIndex])
    case optimization
    case installationFailure

    var moveReason: Occurrence.MoveReason {
        switch self {
        case .submission, .release: .preemption
        case .update: .update
        case .linkState(.drained, _): .drain
        case .linkState: .failure
        case .optimization: .optimization
        case .installationFailure: .failure
        }
    }
}

struct Consequences: Sendable {
    let cause: Cause
    /// A unit and its placement before the event.
    struct Touched: Sendable {
        var slot: Int
        var before: [DirectionPlacement]?
    }

    /// In the order in which they were touched.
    private(set) var touched: [Touched] = []
    /// Position in `touched` of each slot; empty while a look through `touched` is faster.
    private var positions: [Int: Int] = [:]
    private static let fewest = 16
    /// Who pushed whom out.
    var displacedBy: [Int: FlowID] = [:]
    /// Who moved to let whom in.
    var groomedFor: [Int: FlowID] = [:]
    /// Units that were looked at again and do not fit.
    var retried = 0

    init(_ cause: Cause) { self.cause = cause }

    mutating func touch(_ unit: FlowUnit) { touch(unit, placedAt: unit.placement) }

    /// The same for a unit that has already left `placement`.
    mutating func touch(_ unit: FlowUnit, placedAt placement: [DirectionPlacement]?) {
        let slot = unit.slot
        guard position(of: slot) == nil else { return }
        touched.append(Touched(slot: slot, before: placement))
        if !positions.isEmpty {
            positions[slot] = touched.count - 1
        } else if touched.count > Self.fewest {
            for (position, item) in touched.enumerated() { positions[item.slot] = position }
        }
    }

    private func position(of slot: Int) -> Int? {
        positions.isEmpty ? touched.firstIndex { $0.slot == slot } : positions[slot]
    }

    /// Placement of a touched unit before the event.
    func before(_ slot: Int) -> [DirectionPlacement]? { position(of: slot).flatMap { touched[$0].before } }
}

/// What the requests report of it.
struct Outcome: Sendable {
    var preempted: [PreemptedFlow] = []
    var moved: [MovedFlow] = []
    var returned: [FlowID] = []
}
