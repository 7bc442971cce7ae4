// What must outlive the process, as values: one record for each thing that has an identity. A store keeps for each key
// the newest record; a control plane made from them answers as the one that they were taken from.
//
// Records hold what was decided, never what led to it, so that nothing is decided again. What follows from them is not
// in them: reservations and match conflicts from the placements, rules from the paths, timers from the instants.
// Indices are those of the topology that `TopologyDirectory` describes.

package import SluiceForwarding
package import SluiceModel

package enum RecordKey: Hashable, Comparable, Sendable {
    case directory
    case counters
    /// Link, by its position; present where it is not up, or has failed.
    case link(Int)
    /// Switch, by its node's position.
    case `switch`(Int)
    /// Slot of the flow table: a live flow, or one whose rules are being taken away.
    case slot(Int)
    /// A flow that is over, by the order of ending.
    case ended(UInt64)
    /// What the automaton of a carrier has learned; kept now and then only.
    case automaton(Int)
}

package enum PlaneRecord: Hashable, Sendable {
    case directory(TopologyDirectory)
    case counters(PlaneCounters)
    case link(LinkRecord)
    /// Revision of its rules.
    case `switch`(revision: UInt64)
    case flow(FlowRecord)
    case leaving(LeavingRecord)
    case ended(EndedRecord)
    case automaton(AutomatonRecord)
}

/// The newest record of a key; nil: there is none any more.
package struct PlaneChange: Hashable, Sendable {
    package var key: RecordKey
    package var record: PlaneRecord?

    package init(key: RecordKey, record: PlaneRecord?) {
        self.key = key
        self.record = record
    }
}

package struct PlaneCounters: Hashable, Sendable {
    /// Of the placement.
    package var revision: UInt64
    /// Cookie of the next flow.
    package var nextNumber: UInt64
    /// Of the next id that is chosen by the control plane.
    package var nextName: Int
    package var occurrences: UInt64
    package var decisions: Int
    /// Whether the switches pass traffic that belongs to no flow.
    package var passesUnadmitted: Bool
    /// Whether the switches have been sent all of the rules by which hosts find each other.
    package var reachabilityIsSettled: Bool

    package init(
        revision: UInt64, nextNumber: UInt64, nextName: Int, occurrences: UInt64, decisions: Int,
        passesUnadmitted: Bool, reachabilityIsSettled: Bool
    ) {
        self.revision = revision
        self.nextNumber = nextNumber
        self.nextName = nextName
        self.occurrences = occurrences
        self.decisions = decisions
        self.passesUnadmitted = passesUnadmitted
        self.reachabilityIsSettled = reachabilityIsSettled
    }
}

/// A link that is not up, or that has failed.
package struct LinkRecord: Hashable, Sendable {
    package var state: LinkState
    /// In a row.
    package var failures: Int
    package var lastFailure: Instant
    /// Up, and closed to flows until then.
    package var heldUntil: Instant?

    package init(state: LinkState, failures: Int = 0, lastFailure: Instant = .epoch, heldUntil: Instant? = nil) {
        self.state = state
        self.failures = failures
        self.lastFailure = lastFailure
        self.heldUntil = heldUntil
    }
}

/// A live flow, with its companion where it has one.
package struct FlowRecord: Hashable, Sendable {
    package var number: UInt64
    package var client: ClientID
    package var submitted: Instant
    package var request: FlowRequest
    /// The flow, then its companion.
    package var directions: [Flow]
    package var weight: Int
    package var mayPreempt: Bool
    package var yields: Bool
    package var engineering: EngineeringRecord
    package var state: FlowState
    package var reasons: [FlowReason]
    /// One for each direction; nil where the flow holds nothing.
    package var placement: [PlacementRecord]?
    package var expires: Instant?
    package var placedAt: Instant
    package var isKeptWhole: Bool
    package var refusedBy: [NodeIndex]
    package var blockedBy: [LinkIndex]?
    package var labels: [UInt32?]
    package var formerLabels: [UInt32]
    package var history: [Occurrence]
    /// A timer looks whether it can have more of the bandwidth it asked for.
    package var awaitsGrowth: Bool
    /// What the switches have of either direction; nil: nothing.
    package var carriers: [CarrierRecord?]

    package init(
        number: UInt64, client: ClientID, submitted: Instant, request: FlowRequest, directions: [Flow], weight: Int,
        mayPreempt: Bool, yields: Bool, engineering: EngineeringRecord, state: FlowState, reasons: [FlowReason],
        placement: [PlacementRecord]?,
        expires: Instant?, placedAt: Instant, isKeptWhole: Bool, refusedBy: [NodeIndex],
        blockedBy: [LinkIndex]?, labels: [UInt32?], formerLabels: [UInt32],
        history: [Occurrence], awaitsGrowth: Bool, carriers: [CarrierRecord?]
    ) {
        self.number = number
        self.client = client
        self.submitted = submitted
        self.request = request
        self.directions = directions
        self.weight = weight
        self.mayPreempt = mayPreempt
        self.yields = yields
        self.engineering = engineering
        self.state = state
        self.reasons = reasons
        self.placement = placement
        self.expires = expires
        self.placedAt = placedAt
        self.isKeptWhole = isKeptWhole
        self.refusedBy = refusedBy
        self.blockedBy = blockedBy
        self.labels = labels
        self.formerLabels = formerLabels
        self.history = history
        self.awaitsGrowth = awaitsGrowth
        self.carriers = carriers
    }
}

/// RSVP-TE's side of a flow.
package struct EngineeringRecord: Hashable, Sendable {
    package var setup: Int
    package var hold: Int
    package var classType: Int

    package init(setup: Int, hold: Int, classType: Int) {
        self.setup = setup
        self.hold = hold
        self.classType = classType
    }
}

/// Where one direction runs.
package struct PlacementRecord: Hashable, Sendable {
    package var bandwidth: Bandwidth
    package var path: [LinkIndex]
    /// Empty where there is none.
    package var backup: [LinkIndex]
    /// All paths of a split flow, `path` first; empty for a flow on one path.
    package var split: [Share]

    package struct Share: Hashable, Sendable {
        package var path: [LinkIndex]
        package var weight: Int

        package init(path: [LinkIndex], weight: Int) {
            self.path = path
            self.weight = weight
        }
    }

    package init(bandwidth: Bandwidth, path: [LinkIndex], backup: [LinkIndex], split: [Share] = []) {
        self.bandwidth = bandwidth
        self.path = path
        self.backup = backup
        self.split = split
    }
}

/// How far the switches have got with one direction of a flow.
package enum CarrierRecord: Hashable, Sendable {
    /// They hold the rules of its path, compiled with this meter.
    case settled(meter: Meter?)
    /// They hold something else.
    case underWay(UnderWay)

    package struct UnderWay: Hashable, Sendable {
        /// Cookie of the rules.
        package var number: UInt64
        package var level: Int
        /// What they hold, the ingress first.
        package var rules: [PlacedRule]
        package var meter: Meter?
        /// What the target's rules are compiled with.
        package var targetMeter: Meter?
        /// Bandwidth that its packets may be using.
        package var occupied: [Occupied]
        /// A switch refused a rule: nothing more is tried until the flow changes.
        package var hasFailed: Bool
        /// They are to be changed.
        package var isStale: Bool
        /// Its rules go before new ones come.
        package var isInterrupted: Bool

        package init(
            number: UInt64, level: Int, rules: [PlacedRule], meter: Meter?, targetMeter: Meter?, occupied: [Occupied],
            hasFailed: Bool, isStale: Bool, isInterrupted: Bool
        ) {
            self.number = number
            self.level = level
            self.rules = rules
            self.meter = meter
            self.targetMeter = targetMeter
            self.occupied = occupied
            self.hasFailed = hasFailed
            self.isStale = isStale
            self.isInterrupted = isInterrupted
        }
    }

    package struct Occupied: Hashable, Sendable {
        package var link: LinkIndex
        package var bandwidth: Bandwidth

        package init(link: LinkIndex, bandwidth: Bandwidth) {
            self.link = link
            self.bandwidth = bandwidth
        }
    }
}

/// A flow that is over while switches still hold its rules.
package struct LeavingRecord: Hashable, Sendable {
    package var labels: [UInt32]
    package var carriers: [CarrierRecord?]

    package init(labels: [UInt32], carriers: [CarrierRecord?]) {
        self.labels = labels
        self.carriers = carriers
    }
}

/// A flow that is over.
package struct EndedRecord: Hashable, Sendable {
    package var view: FlowView
    package var history: [Occurrence]

    package init(view: FlowView, history: [Occurrence]) {
        self.view = view
        self.history = history
    }
}

/// What was learned of the candidate paths of one direction of a flow.
package struct AutomatonRecord: Hashable, Sendable {
    /// The automaton's actions.
    package var paths: [[LinkIndex]]
    package var probabilities: [Double]
    /// One for each action; empty for schemes that estimate nothing.
    package var estimates: [Estimate]

    package struct Estimate: Hashable, Sendable {
        /// Mean reward, 0 to 1.
        package var mean: Double
        /// Rewards heard.
        package var count: Int

        package init(mean: Double, count: Int) {
            self.mean = mean
            self.count = count
        }
    }

    package init(paths: [[LinkIndex]], probabilities: [Double], estimates: [Estimate] = []) {
        self.paths = paths
        self.probabilities = probabilities
        self.estimates = estimates
    }
}
