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
    /// Placement before the event, by slot.
    private(set) var before: [Int: [DirectionPlacement]?] = [:]
    /// Who pushed whom out.
    var displacedBy: [Int: FlowID] = [:]
    /// Who moved to let whom in.
    var groomedFor: [Int: FlowID] = [:]
    /// Units that were looked at again and do not fit.
    var retried = 0

    init(_ cause: Cause) { self.cause = cause }

    mutating func touch(_ unit: FlowUnit) {
        if before[unit.slot] == nil { before[unit.slot] = .some(unit.placement) }
    }

    /// The same for a unit that has already left `placement`.
    mutating func touch(_ unit: FlowUnit, placedAt placement: [DirectionPlacement]) {
        if before[unit.slot] == nil { before[unit.slot] = .some(placement) }
    }

    mutating func forget(_ slot: Int) { before[slot] = nil }

    var touched: [Int] { before.keys.sorted() }
}

/// What the requests report of it.
struct Outcome: Sendable {
    var preempted: [PreemptedFlow] = []
    var moved: [MovedFlow] = []
    var returned: [FlowID] = []
}
