// Commits, one at a time, each with everything that was decided since the one before.

import Logging
package import NIOCore
import NIOPosix
import SluiceControlPlane
import SluiceModel
import SluiceProtocol
import SluiceStore

extension Controller {
    /// Decides `event`; its effects are performed as soon as what it changed is durable.
    func handle(_ event: Event) {
        let began = NIODeadline.now()
        let effects = plane.handle(event, at: clock.now())
        if event.isDecision { metrics.countDecision(seconds: Double((NIODeadline.now() - began).nanoseconds) * 1e-9) }
        guard surroundings.journal != nil else { return perform(effects) }
        for case .reply(let ticket, _) in effects { connection(of: ticket)?.decided += 1 }
        commitPoint.held.append(effects)
    }

    /// Performs what was held.
    private func tell(_ batch: [[Effect]]) {
        for effects in batch {
            for case .reply(let ticket, _) in effects { connection(of: ticket)?.decided -= 1 }
            perform(effects)
        }
    }

    private func connection(of ticket: Ticket) -> Connection? { pending[ticket].flatMap { connections[$0.client] } }

    /// Brings a restored state up to the present; completes when that is durable.
    package func start() -> EventLoopFuture<Void> {
        handle(.timeReached)
        if commitPoint.isShortOfSpace { lacksSpace() }
        return drain()
    }

    /// Now and then, and at the end, what was learned is kept too.
    private func learnedIsDue() -> Bool {
        let seconds = MonotonicClock.seconds()
        let interval = isStopping ? 0 : DaemonLimits.learnedSeconds
        guard seconds - commitPoint.learnedAt >= interval else { return false }
        commitPoint.learnedAt = isStopping ? .infinity : seconds
        return true
    }

    /// Hands what is held to the store, unless it is busy; what changed nothing durable is told at once.
    func commit() {
        guard let journal = surroundings.journal, commitPoint.committing == nil, !commitPoint.held.isEmpty else {
            return
        }
        if gathers() { return }
        let decided = plane.takeChanges()
        let changes = learnedIsDue() ? decided + plane.takeLearned() : decided
        let batch = commitPoint.held
        commitPoint.held = []
        guard !changes.isEmpty else {
            tell(batch)
            return
        }
        commitPoint.committing = batch
        commitPoint.lastBatch = batch.count
        journal.thread.submit { _ in
            let began = MonotonicClock.seconds()
            let result = Result { () throws(StoreFailure) in try journal.store.commit(changes) }
            let seconds = MonotonicClock.seconds() - began
            self.surroundings.loop.execute {
                self.assumeIsolated { $0.committed(result, seconds: seconds) }
            }
        }
    }

    /// Where the last commit had many decisions and this one would have few, the rest is probably on its way: a short
    /// wait for it saves a whole sync. One client that waits for each answer never waits for this.
    private func gathers() -> Bool {
        let expected = commitPoint.lastBatch
        if commitPoint.isGathering, commitPoint.held.count < expected { return true }
        let isFresh = !commitPoint.isGathering
        commitPoint.isGathering = false
        guard isFresh, expected > 2, commitPoint.held.count < expected / 2, !isStopping else { return false }
        let seconds = min(commitPoint.commitSeconds / 8, DaemonLimits.gatheringSecondsMax)
        guard seconds > 50e-6 else { return false }
        commitPoint.isGathering = true
        surroundings.loop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            self.assumeIsolated { controller in
                // What has come by now goes, whatever its number.
                if controller.commitPoint.isGathering { controller.commitPoint.lastBatch = 0 }
                controller.flush()
            }
        }
        return true
    }

    private func committed(_ result: Result<SluiceStore.Receipt, StoreFailure>, seconds: Double) {
        let batch = commitPoint.committing ?? []
        commitPoint.committing = nil
        switch result {
        case .failure(let failure):
            // Nobody has seen the batch. What the disk has of it is unknown until it is read again, so the process
            // ends, and the next one begins with what is there.
            surroundings.journalFailed(failure)
            return
        case .success(let receipt):
            metrics.countCommit(seconds: seconds)
            journalFacts.commits += 1
            journalFacts.lastCommitSeconds = seconds
            journalFacts.journalBytes = receipt.journalBytes
            commitPoint.commitSeconds += (seconds - commitPoint.commitSeconds) / 8
            if receipt.isShortOfSpace, !commitPoint.isShortOfSpace { lacksSpace() }
            if receipt.wantsFolding { fold() }
        }
        tell(batch)
        flush()
        resumeReading()
        if commitPoint.isIdle {
            commitPoint.drained?.succeed()
            commitPoint.drained = nil
        }
    }

    /// Clients whose lines waited for a commit are read again.
    private func resumeReading() {
        for client in connections.keys.sorted() {
            guard let connection = connections[client], connection.waitsForCommit,
                connection.decided < DaemonLimits.requestsHeld
            else { continue }
            connection.waitsForCommit = false
            connection.channel.pipeline.fireUserInboundEventTriggered(ControlHandler.MayProceed())
        }
    }

    /// Folds the journal on the store's thread, step by step, commits first.
    private func fold() {
        guard let journal = surroundings.journal, !commitPoint.isFolding else { return }
        commitPoint.isFolding = true
        journal.thread.submit { _ in
            let result = Result { () throws(StoreFailure) in try journal.store.fold() }
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.commitPoint.isFolding = false
                    switch result {
                    case .success(let hasMore): if hasMore, !controller.isStopping { controller.fold() }
                    case .failure(let failure): controller.surroundings.journalFailed(failure)
                    }
                }
            }
        }
    }

    /// Takes no request any more; completes when everything decided is durable and told.
    package func finish() -> EventLoopFuture<Void> {
        isStopping = true
        // An event of no consequence, so that there is something to commit.
        if surroundings.journal != nil { handle(.timeReached) }
        return drain()
    }

    /// Completes when everything decided is durable and told.
    func drain() -> EventLoopFuture<Void> {
        commit()
        if commitPoint.isIdle { return surroundings.loop.makeSucceededVoidFuture() }
        let promise = commitPoint.drained ?? surroundings.loop.makePromise()
        commitPoint.drained = promise
        return promise.futureResult
    }
}

// MARK: A full disk

extension Controller {
    /// Admission stops until there is room again; everything else goes on.
    func lacksSpace() {
        commitPoint.isShortOfSpace = true
        surroundings.log.error(
            "the file system of the store is full: no flow is admitted until there is room",
            metadata: ["file": "\(surroundings.journal?.store.file ?? "")"])
        awaitSpace()
    }

    private func awaitSpace() {
        surroundings.loop.scheduleTask(in: .milliseconds(DaemonLimits.spaceCheckMilliseconds)) {
            self.assumeIsolated { controller in
                guard let journal = controller.surroundings.journal, !controller.isStopping else { return }
                journal.thread.submit { _ in
                    let isAmple = journal.store.regainReserve()
                    self.surroundings.loop.execute {
                        self.assumeIsolated { $0.checkedSpace(isAmple) }
                    }
                }
            }
        }
    }

    private func checkedSpace(_ isAmple: Bool) {
        guard !isStopping else { return }
        guard isAmple else { return awaitSpace() }
        commitPoint.isShortOfSpace = false
        surroundings.log.notice("there is room again: flows are admitted")
    }

    /// Refuses what would take more room while there is none.
    func checkSpace(for request: Request) throws(ProtocolFault) {
        guard commitPoint.isShortOfSpace, let journal = surroundings.journal, request.takesRoom else { return }
        throw ProtocolFault(
            .storageFull,
            "the disk is full, so nothing more is admitted; flows that run go on, and admission goes on by itself "
                + "when there is room",
            [("file", .text(journal.store.file))])
    }
}

extension Request {
    /// Whether it may add to what has to be kept.
    fileprivate var takesRoom: Bool {
        switch self {
        case .submit(_, let dryRun), .update(_, let dryRun): !dryRun
        case .submitBatch(_, _, let dryRun): !dryRun
        case .withdraw, .get, .list, .explain, .topology, .setLink, .rules, .subscribeRules, .acknowledgeRules,
            .subscribeEvents, .reportTelemetry, .telemetryStatus, .automata, .optimize, .optimizeStatus, .status,
            .policy, .replacePolicy, .replaceTopology:
            false
        }
    }
}
