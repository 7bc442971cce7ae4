// Records on their way from the thread that reads and decodes them to the one that takes them; a few loads at most are
// under way.

import Dispatch
import SluiceControlPlane
import Synchronization

final class RecordConveyor: Sendable {
    typealias Item = (key: RecordKey, record: PlaneRecord)

    /// Records that travel together.
    static let load = 256
    private static let loads = 8

    private struct State {
        var loads: [[Item]] = []
        var failure: (any Error)?
        var isAbandoned = false
    }

    /// Nobody wants what is put any more.
    struct Abandoned: Error {}

    private let state = Mutex(State())
    private let free = DispatchSemaphore(value: RecordConveyor.loads)
    /// Counts loads, and the end.
    private let filled = DispatchSemaphore(value: 0)

    /// Waits until there is room.
    func put(_ load: [Item]) throws {
        free.wait()
        let isAbandoned = state.withLock { state in
            state.loads.append(load)
            return state.isAbandoned
        }
        filled.signal()
        if isAbandoned { throw Abandoned() }
    }

    /// Nothing more is put; called once.
    func end(_ failure: (any Error)?) {
        state.withLock { $0.failure = failure }
        filled.signal()
    }

    /// The next load; nil at the end. Waits for either.
    func take() -> [Item]? {
        filled.wait()
        let load = state.withLock { $0.loads.isEmpty ? nil : $0.loads.removeFirst() }
        if load != nil { free.signal() }
        return load
    }

    /// Has the next `put` fail.
    func abandon() { state.withLock { $0.isAbandoned = true } }

    /// Why it ended, where that was no success.
    var failure: (any Error)? { state.withLock { $0.failure } }
}
