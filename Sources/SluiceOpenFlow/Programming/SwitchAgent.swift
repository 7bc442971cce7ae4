// Keeps one switch at the state that admission wants: greets it, reads back what it holds, mends the difference, and then
// follows every transaction. A pure machine like the session inside it.
//
// Meters go first, since bundles do not take them, then a barrier, then one bundle with groups and rules, all in one
// write; removals of meters wait until no rule uses them any more. Whatever the switch refuses is tied to its flow by the
// transaction id, left out, and the rest is tried again. Where a switch takes no bundles the same steps go as ordered
// messages: what is new before what replaces, and removals last, with barriers between.
//
// A barrier says that the tables are changed, not that the last packet has gone the old way: some are in queues, and Open
// vSwitch forwards by its cache until that has been checked against the tables. So a change that diverts packets is
// acknowledged a little later than the switch does, and what they need on the old way stays until then.

package import SluiceForwarding
package import SluiceModel

package struct SwitchAgent: Sendable {
    package struct Failure: Hashable, Sendable {
        package var cookie: UInt64
        package var message: String
        package var isTableFull: Bool
    }

    package enum Output: Hashable, Sendable {
        /// It is known who the switch is; `follow` may begin.
        case identified(SwitchIdentity)
        /// The switch holds everything up to `revision`, except what failed.
        case acknowledged(revision: UInt64, [Failure])
        /// It has been read back and mended: this many rows were changed or removed, of so many that it holds.
        case resynchronised(changed: Int, installed: Int)
        /// Rules of ours that somebody has removed are set again.
        case restored(cookie: UInt64)
        case portChanged(PortStatus)
        case packetIn(PacketIn)
        case answered(xid: UInt32, [MultipartBody])
        /// The switch refused what was sent with this transaction id by `ask` or `send`.
        case refused(xid: UInt32)
        case echoed(seconds: Double)
        case ended(Session.Ending)
    }

    private enum Work {
        /// Nobody has said yet what is wanted.
        case unbound
        case idle
        case reading(Reading)
        case committing(Commit)
    }

    private struct Reading {
        var flows: UInt32
        var groups: UInt32
        var meters: UInt32
        var found: [UInt32: [MultipartBody]] = [:]
    }

    /// Steps on their way.
    private struct Commit {
        var revision: UInt64
        var steps: [Step]
        /// Position in `steps` by transaction id.
        var positions: [UInt32: Int] = [:]
        var bundle: UInt32?
        /// The messages that open and commit the bundle.
        var frame: (open: UInt32, commit: UInt32)?
        var hasCommitted = false
        var errors: [Int: ErrorMessage] = [:]
        var bundleError: ErrorMessage?
        var lastBarrier: UInt32 = 0
        var attempt = 1
        var diverts = false
        /// Rules that the full table has refused, to be tried again when this commit has taken others out of it.
        var deferred: [Step] = []
        var defersNone = false
    }

    private var session: Session
    private var identity: SwitchIdentity?
    private var tables = SwitchTables()
    private var revision: UInt64 = 0
    private var acknowledged: UInt64?
    private var work = Work.unbound
    private var failures: [Failure] = []
    private var isResynchronising = false
    private var changes = 0
    private var nextBundle: UInt32 = 1
    private let settlingSeconds: Double
    /// Acknowledgements that wait until packets have settled, in their order.
    private var settling: [(due: Instant, output: Output)] = []

    /// - Parameter settlingSeconds: how much later than the switch a change is acknowledged that diverts packets.
    package init(at now: Instant, timing: Session.Timing = Session.Timing(), settlingSeconds: Double = 0) {
        session = Session(at: now, timing: timing)
        self.settlingSeconds = settlingSeconds
    }

    package mutating func takeOutgoing() -> [UInt8] { session.takeOutgoing() }
    package var nextWake: Instant { min(session.nextWake, settling.first?.due ?? session.nextWake) }
    package var installedCount: Int { tables.installedCount }
    /// Whether it holds all it should, as far as it takes it.
    package var isSettled: Bool { if case .idle = work { !tables.isDirty } else { false } }
    package func port(_ number: UInt32) -> Port? { session.port(number) }

    package mutating func receive(_ bytes: some Sequence<UInt8>, at now: Instant) -> [Output] {
        take(session.receive(bytes, at: now), at: now)
    }

    package mutating func timeReached(_ now: Instant) -> [Output] {
        let settled = settling.prefix { $0.due <= now }.map(\.output)
        settling.removeFirst(settled.count)
        return settled + take(session.timeReached(now), at: now)
    }

    /// The switch should come from the state before to the one after `change`, or, for a snapshot, to exactly `change`.
    package mutating func follow(
        _ change: SwitchChange, revision: UInt64, isSnapshot: Bool, at now: Instant
    ) -> [Output] {
        var outputs: [Output] = []
        if isSnapshot { tables.replace(by: change) } else { tables.apply(change) }
        self.revision = revision
        switch work {
        case .unbound: read(at: now)
        case .idle: commit(at: now, &outputs)
        case .reading, .committing: break
        }
        return outputs
    }

    /// Asks for counters; the answer is `.answered` with this transaction id.
    package mutating func ask(_ request: MultipartRequest, at now: Instant) -> UInt32? {
        session.isReady ? session.ask(request, at: now) : nil
    }

    /// Sends a packet out of a port, or does anything else that has no answer.
    package mutating func send(_ message: Message) {
        if session.isReady { session.send(message) }
    }
}

// MARK: Reading back

extension SwitchAgent {
    /// Reads everything, also what is not ours: a rule of somebody else must not be overwritten, and a group or meter
    /// that only such a rule uses is not ours.
    private mutating func read(at now: Instant) {
        isResynchronising = true
        work = .reading(
            Reading(
                flows: session.ask(.flows(cookie: 0, cookieMask: 0, match: Match()), at: now),
                groups: session.ask(.groupDescriptions, at: now),
                meters: session.ask(.meterConfigurations(MultipartRequest.allMeters), at: now)))
    }

    private mutating func take(
        _ parts: [MultipartBody], for xid: UInt32, at now: Instant, _ outputs: inout [Output]
    ) {
        guard case .reading(var reading) = work, [reading.flows, reading.groups, reading.meters].contains(xid) else {
            outputs.append(.answered(xid: xid, parts))
            return
        }
        reading.found[xid] = parts
        guard reading.found.count == 3 else {
            work = .reading(reading)
            return
        }
        var table = TableReading(flows: [], groups: [], meters: [])
        for part in reading.found.values.joined() {
            switch part {
            case .flows(let entries): table.flows += entries
            case .groupDescriptions(let entries): table.groups += entries
            case .meterConfigurations(let entries): table.meters += entries
            default: break
            }
        }
        tables.compare(with: table)
        work = .idle
        commit(at: now, &outputs)
    }
}

// MARK: Committing

extension SwitchAgent {
    private mutating func commit(at now: Instant, _ outputs: inout [Output]) {
        guard tables.isDirty || acknowledged != revision else { return }
        var refusals: [SwitchTables.Refusal] = []
        let session = session
        let steps = tables.takeSteps(hasPort: { session.port($0) != nil }, refusals: &refusals)
        for refusal in refusals {
            for cookie in refusal.cookies {
                failures.append(Failure(cookie: cookie, message: refusal.message, isTableFull: false))
            }
        }
        // Read back, a row has nothing to do with where packets went before.
        let diverts = !isResynchronising && steps.contains(where: \.diverts)
        if isResynchronising { changes += steps.count }
        send(Commit(revision: revision, steps: steps, diverts: diverts), at: now, &outputs)
    }

    private mutating func send(_ draft: Commit, at now: Instant, _ outputs: inout [Output]) {
        var commit = draft
        commit.positions = [:]
        commit.errors = [:]
        commit.bundleError = nil
        commit.hasCommitted = false
        guard !commit.steps.isEmpty else {
            acknowledge(commit, at: now, &outputs)
            return
        }
        // A rule in a bundle takes about so many bytes.
        session.reserve(160 * commit.steps.count)
        commit.positions.reserveCapacity(commit.steps.count)
        let isBundled = identity?.takesBundles == true && commit.attempt <= OpenFlowLimits.bundleAttempts
        var isLate = false
        let early = commit.steps.enumerated().filter { $0.element.isEarly }
        for (position, step) in early { commit.positions[session.send(step.message(bundle: nil))] = position }
        if !early.isEmpty { session.send(.barrierRequest) }
        let body = commit.steps.enumerated().filter { !$0.element.isEarly && !$0.element.isLate }
        if isBundled, !body.isEmpty {
            let bundle = nextBundle
            nextBundle = nextBundle == 0x4000_0000 ? 1 : nextBundle + 1
            commit.bundle = bundle
            let open = session.send(.bundleControl(BundleControl(.openRequest, bundle: bundle)))
            for (position, step) in body { commit.positions[session.send(step.message(bundle: bundle))] = position }
            commit.frame = (open, session.send(.bundleControl(BundleControl(.commitRequest, bundle: bundle))))
        } else {
            commit.bundle = nil
            commit.frame = nil
            var rank = -1
            for (position, step) in body {
                // New groups before the rules that lead to them, and removals when nothing needs the old any more.
                if rank >= 0, step.rank != rank { session.send(.barrierRequest) }
                rank = step.rank
                commit.positions[session.send(step.message(bundle: nil))] = position
            }
            isLate = body.isEmpty
        }
        // A meter may go once the rules that use it are known to be gone.
        if isLate {
            for (position, step) in commit.steps.enumerated() where step.isLate {
                commit.positions[session.send(step.message(bundle: nil))] = position
            }
        }
        commit.lastBarrier = session.barrier(at: now)
        work = .committing(commit)
    }

    /// Everything that was sent has been done or refused.
    private mutating func conclude(_ commit: Commit, at now: Instant, _ outputs: inout [Output]) {
        var rest: [Step] = []
        let bundleFailed = commit.bundle != nil && !commit.hasCommitted
        var refused: Set<UInt64> = []
        var deferred = commit.deferred
        let makesRoom = !commit.defersNone && commit.steps.contains(where: \.isRemoval)
        for (position, error) in commit.errors.sorted(by: { $0.key < $1.key }) {
            let step = commit.steps[position]
            if makesRoom, error.isTableFull {
                deferred.append(step)
                continue
            }
            refused.formUnion(step.cookies)
            for cookie in step.cookies {
                failures.append(Failure(cookie: cookie, message: error.text, isTableFull: error.isTableFull))
            }
        }
        let sent = Set(commit.positions.values)
        tables.reserve(sent.count)
        for (position, step) in commit.steps.enumerated() where commit.errors[position] == nil {
            if !sent.contains(position) || bundleFailed && !step.isEarly {
                // What shares a flow with something refused is refused with it.
                if step.cookies.isEmpty || !step.cookies.allSatisfy(refused.contains) { rest.append(step) }
            } else {
                tables.confirm(step)
            }
        }
        work = .idle
        if rest.isEmpty, deferred.isEmpty {
            acknowledge(commit, at: now, &outputs)
        } else if rest.isEmpty {
            var next = Commit(revision: commit.revision, steps: deferred, diverts: commit.diverts)
            next.defersNone = true
            send(next, at: now, &outputs)
        } else {
            var next = Commit(revision: commit.revision, steps: rest, diverts: commit.diverts)
            next.attempt = bundleFailed ? commit.attempt + 1 : commit.attempt
            next.deferred = deferred
            next.defersNone = commit.defersNone
            // A bundle that fails and names nobody is taken apart at once.
            if bundleFailed, commit.errors.isEmpty { next.attempt = OpenFlowLimits.bundleAttempts + 1 }
            send(next, at: now, &outputs)
        }
    }

    private mutating func acknowledge(_ commit: Commit, at now: Instant, _ outputs: inout [Output]) {
        work = .idle
        acknowledged = commit.revision
        if isResynchronising {
            isResynchronising = false
            outputs.append(.resynchronised(changed: changes, installed: tables.installedCount))
            changes = 0
        }
        var named: Set<UInt64> = []
        let distinct = failures.filter { named.insert($0.cookie).inserted }
        failures = []
        let acknowledgement = Output.acknowledged(revision: commit.revision, distinct)
        let due = commit.diverts ? now.advanced(bySeconds: settlingSeconds) : now
        if due > now || !settling.isEmpty {
            // One revision stands for all before it: none overtakes another.
            settling.append((max(due, settling.last?.due ?? due), acknowledgement))
        } else {
            outputs.append(acknowledgement)
        }
        if tables.isDirty || revision != commit.revision { self.commit(at: now, &outputs) }
    }
}

// MARK: News

extension SwitchAgent {
    private mutating func take(_ news: [Session.News], at now: Instant) -> [Output] {
        var outputs: [Output] = []
        for item in news {
            switch item {
            case .ready(let identity):
                self.identity = identity
                outputs.append(.identified(identity))
            case .portChanged(let status): outputs.append(.portChanged(status))
            case .packetIn(let packet): outputs.append(.packetIn(packet))
            case .flowRemoved(let removed):
                guard tables.lost(removed) else { break }
                if let cookie = CookieMark.cookie(removed.cookie) { outputs.append(.restored(cookie: cookie)) }
                if case .idle = work { commit(at: now, &outputs) }
            case .barrierReached(let xid):
                guard case .committing(let commit) = work, commit.lastBarrier == xid else { break }
                conclude(commit, at: now, &outputs)
            case .answered(let xid, let parts): take(parts, for: xid, at: now, &outputs)
            case .bundle(let xid, let control):
                guard case .committing(var commit) = work, commit.frame?.commit == xid, control.kind == .commitReply
                else { break }
                commit.hasCommitted = true
                work = .committing(commit)
            case .refused(let xid, let error): takeRefusal(of: xid, error, at: now, &outputs)
            case .echoed(let seconds): outputs.append(.echoed(seconds: seconds))
            case .ended(let ending): outputs.append(.ended(ending))
            }
        }
        return outputs
    }

    private mutating func takeRefusal(
        of xid: UInt32, _ error: ErrorMessage, at now: Instant, _ outputs: inout [Output]
    ) {
        switch work {
        case .committing(var commit):
            if let position = commit.positions[xid] {
                if commit.errors[position] == nil { commit.errors[position] = error }
            } else if let frame = commit.frame, xid == frame.open || xid == frame.commit {
                commit.bundleError = error
            } else if xid == commit.lastBarrier {
                outputs.append(.ended(.refused(error)))
                return
            } else {
                outputs.append(.refused(xid: xid))
            }
            work = .committing(commit)
        case .reading(let reading):
            // A switch without groups or meters says so; it has none, then.
            guard xid == reading.groups || xid == reading.meters else {
                outputs.append(xid == reading.flows ? .ended(.refused(error)) : .refused(xid: xid))
                return
            }
            take([], for: xid, at: now, &outputs)
        case .unbound, .idle: outputs.append(.refused(xid: xid))
        }
    }
}

extension Step {
    /// Before the bundle, which cannot hold it.
    var isEarly: Bool { if case .meter = change { true } else { false } }
    /// After everything else is known to be done.
    var isLate: Bool { if case .removeMeter = change { true } else { false } }

    /// Whether it takes a row out of a table.
    var isRemoval: Bool {
        switch change {
        case .removeRule, .removeStray: true
        case .meter, .group, .rule, .removeGroup, .removeMeter: false
        }
    }

    /// Messages of one rank may be done in any order.
    var rank: Int {
        switch change {
        case .meter: 0
        case .group: 1
        case .rule: 2
        case .removeRule, .removeStray: 3
        case .removeGroup: 4
        case .removeMeter: 5
        }
    }

    /// - Precondition: meters stand outside bundles; rules have a row.
    func message(bundle: UInt32?) -> Message {
        func flow(_ mod: FlowMod) -> Message {
            bundle.map { .bundleAddition(BundleAddition(.flow(mod), bundle: $0)) } ?? .flowMod(mod)
        }
        func group(_ mod: GroupMod) -> Message {
            bundle.map { .bundleAddition(BundleAddition(.group(mod), bundle: $0)) } ?? .groupMod(mod)
        }
        func mod(_ make: () throws(Inexpressible) -> FlowMod) -> FlowMod {
            do throws(Inexpressible) {
                return try make()
            } catch {
                preconditionFailure("a rule without a row is refused before it becomes a step: \(error.text)")
            }
        }
        switch change {
        case .meter(let meter, let isNew): return .meterMod(meter.modification(isNew ? .add : .modify))
        case .group(let wanted, let isNew): return group(wanted.modification(isNew ? .add : .modify))
        case .rule(let rule, let row): return flow(rule.addition(at: row))
        case .removeRule(let key, let cookie):
            return flow(mod { () throws(Inexpressible) in try Rule.removal(key, cookie: cookie) })
        case .removeStray(let row, let wireCookie):
            return flow(
                FlowMod(
                    .deleteStrict, table: row.table, priority: row.priority, match: row.match, cookie: wireCookie,
                    cookieMask: .max))
        case .removeGroup(let id): return group(GroupMod(.delete, group: id))
        case .removeMeter(let id): return .meterMod(MeterMod(.delete, meter: id))
        }
    }
}
