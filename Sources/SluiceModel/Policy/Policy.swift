// What the operator wants: who may ask for what, what matters more, and how hard to try. A value like any other; the
// YAML that it is written in is read by SluiceDocuments.

package struct Policy: Hashable, Sendable {
    /// Most important first is not required; names are unique, at least one class.
    package var classes: [TrafficClass]
    /// Name of the class of flows that give neither class nor priority.
    package var defaultClass: String
    package var admission: AdmissionPolicy
    package var reoptimisation: ReoptimisationPolicy
    package var learning: LearningPolicy
    package var telemetry = TelemetryPolicy()
    package var limits: ClientLimits
    package var access: [AccessRule]
    package var meters: MeterPolicy
    package var switches = SwitchPolicy()
    package var unadmitted: UnadmittedTraffic
    /// How much of each link the class types may hold.
    package var bandwidthConstraints = BandwidthConstraints()
    package var damping = DampingPolicy()
    /// Priority that each of RSVP-TE's priorities 0 to 7 (RFC 3209, section 4.7.1; 0 is the strongest) stands for:
    /// eight numbers, strictly descending.
    package var rsvpPriorities = [7, 6, 5, 4, 3, 2, 1, 0]

    /// What `policies/default.yaml` says in words.
    package static let standard = Policy(
        classes: [
            TrafficClass(name: "critical", priority: 7), TrafficClass(name: "interactive", priority: 5),
            TrafficClass(name: "standard", priority: 3), TrafficClass(name: "bulk", priority: 1),
        ],
        defaultClass: "standard", admission: AdmissionPolicy(), reoptimisation: ReoptimisationPolicy(),
        learning: LearningPolicy(), limits: ClientLimits(), access: [], meters: MeterPolicy(), unadmitted: .drop)

    package func trafficClass(named name: String) -> TrafficClass? { classes.first { $0.name == name } }

    /// Priority with which flows of `trafficClass` push others out: at most the class's priority.
    package func setupLevel(of trafficClass: TrafficClass) -> Int {
        trafficClass.setup.map { rsvpPriorities[$0] } ?? trafficClass.priority
    }

    /// Priority with which flows of `trafficClass` keep their place: at least the class's priority.
    package func holdLevel(of trafficClass: TrafficClass) -> Int {
        trafficClass.hold.map { rsvpPriorities[$0] } ?? trafficClass.priority
    }
}

/// A kind of traffic, its importance and its bounds.
package struct TrafficClass: Hashable, Sendable {
    package var name: String
    package var priority: Int
    /// Weight of one admitted flow in the weighted objective; nil: the priority.
    package var weight: Int?
    /// May its flows push out less important ones?
    package var mayPreempt: Bool
    /// May its flows be pushed out by more important ones?
    package var preemptable: Bool
    package var maxBandwidth: Bandwidth?
    package var maxLatency: Latency?
    /// Which captured traffic belongs to the class, for replay; the first rule of the first class that matches decides.
    package var matches: [FlowMatch]
    /// What makes a path good for its flows; nil: the learning policy's weights.
    package var rewardWeights: RewardWeights?
    /// What its flows do with what was learned; nil: the learning policy's action.
    package var learningAction: LearningPolicy.Action?
    /// RSVP-TE setup and hold priority, 0 (strongest) to 7; nil: the class's own priority. What they stand for is in
    /// `Policy.rsvpPriorities`; setup is at most as strong as `priority`, hold at least (RFC 3209, section 4.7.1, asks
    /// that setup be no stronger than hold), so whoever gives way is less important as well.
    package var setup: Int?
    package var hold: Int?
    /// DiffServ-TE class type (RFC 4124, section 3.1), 0 to 7, whose pool the flows draw on.
    package var classType: Int
    /// DSCP (RFC 2474) that the ingress switch writes into the flows' IP packets; nil: it leaves what it finds.
    package var dscp: UInt8?

    package init(
        name: String, priority: Int, weight: Int? = nil, mayPreempt: Bool = true, preemptable: Bool = true,
        maxBandwidth: Bandwidth? = nil, maxLatency: Latency? = nil, matches: [FlowMatch] = [],
        rewardWeights: RewardWeights? = nil, setup: Int? = nil, hold: Int? = nil, classType: Int = 0
    ) {
        self.name = name
        self.priority = priority
        self.weight = weight
        self.mayPreempt = mayPreempt
        self.preemptable = preemptable
        self.maxBandwidth = maxBandwidth
        self.maxLatency = maxLatency
        self.matches = matches
        self.rewardWeights = rewardWeights
        self.setup = setup
        self.hold = hold
        self.classType = classType
    }
}

package struct AdmissionPolicy: Hashable, Sendable {
    package enum Objective: String, Hashable, Sendable, CaseIterable { case weighted, strict }
    package enum Method: String, Hashable, Sendable, CaseIterable {
        case auto, exact, genetic, memetic, search, greedy
    }

    package var objective: Objective = .weighted
    package var method: Method = .auto
    /// Wall time of one optimisation.
    package var budgetSeconds: Double = 1
    /// Does a newcomer that does not fit push out less important flows?
    package var preemption: Bool = true
    /// Most flows that are moved to other paths to let a newcomer in; 0: none.
    package var groomingMoves: Int = 3
    package init() {}
}

package struct ReoptimisationPolicy: Hashable, Sendable {
    /// Seconds between runs; nil: only on request.
    package var intervalSeconds: Double?
    /// Most admitted flows one run may move.
    package var maxMoves: Int = 100
    /// Seconds from a change that leaves flows waiting to a run; further changes meanwhile do not put it off. Nil: a
    /// change starts none.
    package var afterChangeSeconds: Double?
    package init() {}
}

package struct ClientLimits: Hashable, Sendable {
    package var flows: Int = 100_000
    /// Flows of one user, over all its connections and across restarts.
    package var flowsPerClient: Int = 50_000
    package var connections: Int = 256
    /// Connections of one user, root not excepted.
    package var connectionsPerUser: Int = 128
    package var subscriptionsPerClient: Int = 16
    /// Requests a second of one user, over all its connections; nil: as many as it likes.
    package var requestsPerSecond: Double?
    /// How long half a line may wait for its end.
    package var lineSeconds: Double = 30
    /// How long a client that follows nothing and waits for nothing may say nothing; nil: for ever.
    package var idleSeconds: Double?
    package init() {}
}

/// What a local user may do on the control socket.
package struct AccessRule: Hashable, Sendable {
    package enum Role: String, Hashable, Sendable, CaseIterable {
        /// May read.
        case observer
        /// May read, submit and withdraw, change links and run optimisations.
        case `operator`
        /// May read and subscribe to and acknowledge rules.
        case agent
    }

    package enum Subject: Hashable, Sendable {
        case user(UInt32)
        case group(UInt32)
    }

    package var subject: Subject
    package var role: Role
    package init(subject: Subject, role: Role) {
        self.subject = subject
        self.role = role
    }
}

package struct MeterPolicy: Hashable, Sendable {
    /// Are meters installed at the ingress?
    package var enabled: Bool = true
    /// Burst in milliseconds at the flow's rate. 100 ms lets a TCP sender's window pass at wide-area round-trip times.
    package var burstMilliseconds: Int = 100
    package init() {}
}

/// How switches are looked after that speak OpenFlow with the daemon itself.
package struct SwitchPolicy: Hashable, Sendable {
    /// Time between two readings of a switch's port counters.
    package var pollSeconds: Double = 1
    /// What is made of wiring that differs from the topology document.
    package var wiring = WiringPolicy.report
    package init() {}
}

/// What happens where LLDP frames show links to run elsewhere than the topology says.
package enum WiringPolicy: String, Hashable, Sendable, CaseIterable {
    /// A line in the log.
    case report
    /// The flows are put on a topology with the links as they were found.
    case adopt
}

/// What happens to traffic that belongs to no admitted flow.
package enum UnadmittedTraffic: String, Hashable, Sendable, CaseIterable {
    case drop
    case bestEffort
}
