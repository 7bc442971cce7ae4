// What the threads of one solve share: the best placement, the best bound, and the prices one side learns for the other.
// Everything is behind one lock that is held for a few assignments at a time. The threads keep it alive; a coordinator
// that has gone home leaves it to them.

private import Synchronization

package final class SharedState: Sendable {
    private struct Content: Sendable {
        var state: SolveState
        var lesson: PriceLesson?
        var trajectory: [TrajectoryPoint] = []
        var running = 0
        var work = 0
    }

    private let content: Mutex<Content>
    private let stop = Atomic<Bool>(false)
    private let problem: CompiledProblem
    private let elapsed: @Sendable () -> Double
    private let onProgress: (@Sendable (TrajectoryPoint) -> Void)?

    /// Points of a trajectory that are kept.
    private static let trajectoryLimit = 1_000

    package init(
        _ problem: CompiledProblem, state: SolveState, elapsed: @escaping @Sendable () -> Double,
        onProgress: (@Sendable (TrajectoryPoint) -> Void)?
    ) {
        self.problem = problem
        self.elapsed = elapsed
        self.onProgress = onProgress
        content = Mutex(Content(state: state))
    }

    package var isStopped: Bool { stop.load(ordering: .acquiring) }
    package func stopAll() { stop.store(true, ordering: .releasing) }

    package func begin() { content.withLock { $0.running += 1 } }
    package func end(work: Int) {
        content.withLock {
            $0.running -= 1
            $0.work += work
        }
    }

    package var isFinished: Bool { content.withLock { $0.running == 0 } }
    package var state: SolveState { content.withLock { $0.state } }
    package var trajectory: [TrajectoryPoint] { content.withLock { $0.trajectory } }
    package var work: Int { content.withLock { $0.work } }

    /// Whether the present best is proven to be the best there is.
    package var isProven: Bool {
        let problem = problem
        return content.withLock { $0.state.isProven(of: problem) }
    }

    package func offer(_ placement: Placement, by method: SolveMethod) {
        note {
            guard placement.score > $0.state.placement.score else { return false }
            let visible = $0.state.placement.score.weight != placement.score.weight || $0.trajectory.isEmpty
            $0.state.placement = placement
            $0.state.method = method
            return visible
        }
    }

    package func offer(bound: Int) {
        note {
            guard bound < $0.state.bound else { return false }
            $0.state.bound = bound
            return true
        }
    }

    /// Takes the whole state of a solve that runs in one thread.
    package func offer(_ state: SolveState) {
        note {
            let visible =
                $0.state.placement.score.weight != state.placement.score.weight || $0.state.bound != state.bound
            $0.state = state
            return visible
        }
    }

    /// Publishes what the bound side knows.
    package func teach(_ lesson: PriceLesson) { content.withLock { $0.lesson = lesson } }

    /// What the bound side has published since `revision`; nil where that is nothing.
    package func lesson(after revision: Int) -> PriceLesson? {
        content.withLock { content in
            guard let lesson = content.lesson, lesson.revision != revision else { return nil }
            return lesson
        }
    }

    private func note(_ change: (inout Content) -> Bool) {
        let now = elapsed()
        let point: TrajectoryPoint? = content.withLock {
            guard change(&$0) else { return nil }
            let point = TrajectoryPoint(
                elapsedSeconds: now, objective: $0.state.placement.score.weight, bound: $0.state.bound)
            if $0.trajectory.count < Self.trajectoryLimit {
                $0.trajectory.append(point)
            } else {
                $0.trajectory[Self.trajectoryLimit - 1] = point
            }
            return point
        }
        if let point { onProgress?(point) }
    }
}
