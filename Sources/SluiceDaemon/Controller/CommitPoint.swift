// Between deciding and telling: where there is a store, whatever a decision has to say waits until the store has it on
// disk. Decisions go on meanwhile, and all that were made while one commit ran are the next one: a batch costs one sync,
// however many flows are in it. Since nothing of a batch is told before it is durable, a batch that is lost with the
// process was never seen.
//
// The store works on a thread of its own (one, so that commits keep their order): a disk that hangs then stops
// decisions from being told, but neither the event loop nor the watchdog.

import NIOCore
import NIOPosix
import SluiceControlPlane
package import SluiceStore

/// The store and its thread.
package struct Journal: Sendable {
    package let store: SluiceStore
    let thread: NIOThreadPool

    /// Starts the thread.
    package init(_ store: SluiceStore) {
        self.store = store
        thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
    }

    /// Ends the thread and closes the store; nothing may be under way.
    package func close() throws {
        try thread.syncShutdownGracefully()
        try store.close()
    }
}

/// Effects on their way out.
struct CommitPoint {
    /// Of the newest events, which are in no commit yet.
    var held: [[Effect]] = []
    /// Of the commit that runs; nil: none does.
    var committing: [[Effect]]?
    /// Requests in the last commit: as many are likely to come again.
    var lastBatch = 0
    /// What a commit takes, smoothed.
    var commitSeconds = 0.0
    /// More is gathered before the next commit.
    var isGathering = false
    /// When what was learned was last kept, in seconds of the monotonic clock.
    var learnedAt = MonotonicClock.seconds()
    /// The journal is being folded.
    var isFolding = false
    /// Nothing that takes room is decided.
    var isShortOfSpace = false
    /// Who waits until nothing is under way.
    var drained: EventLoopPromise<Void>?

    var isIdle: Bool { held.isEmpty && committing == nil }
}

/// What the store has done, for `system.status` and measurements.
package struct JournalFacts: Sendable {
    package var commits = 0
    package var lastCommitSeconds = 0.0
    package var journalBytes = 0
}
