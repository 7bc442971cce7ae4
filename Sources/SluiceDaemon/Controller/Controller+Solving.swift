// The solver's own thread: one solve at a time, its answer handed back as an event.

import NIOCore
import SluiceControlPlane
import SluiceGLPK
import SluiceSolver

extension Controller {
    /// One solve at a time: a second would take the processor from the first, and both from the decisions.
    func solveNext() {
        guard solving == nil, !orders.isEmpty else { return }
        let order = orders.removeFirst()
        let cancellation = CancellationToken()
        solving = cancellation
        BackgroundThread.run(stackBytes: DaemonLimits.solverStackBytes, niceness: 10) {
            let options = SolveOptions(
                method: order.method,
                budget: SolveBudget(
                    .wallTime(seconds: order.budgetSeconds, clock: MonotonicClock.seconds), cancellation: cancellation),
                seed: order.seed)
            let solution = AdmissionSolver.solve(order.problem, options: options, engine: GLPKEngine())
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.solving = nil
                    controller.metrics.countSolve(
                        status: solution.status.rawValue, seconds: solution.elapsedSeconds, gap: solution.gap)
                    guard !controller.isStopping else { return }
                    controller.handle(.problemSolved(order.id, .solved(solution)))
                    controller.solveNext()
                    controller.flush()
                }
            }
        }
    }
}
