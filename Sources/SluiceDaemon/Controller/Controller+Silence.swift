// Clients that say nothing: half a line that does not end, and connections that nobody uses.

import Logging
import NIOCore
import SluiceControlPlane
import SluiceJSON
import SluiceModel
import SluiceProtocol

extension Controller {
    /// Looks after silent clients from now on, as often as the policy's shortest patience asks for.
    package func startSweeping() {
        let limits = policy.limits
        let seconds = min(max(0.02, min(limits.lineSeconds, limits.idleSeconds ?? .infinity) / 4), 5)
        sweep = surroundings.loop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) {
            self.assumeIsolated { controller in
                guard !controller.isStopping else { return }
                controller.dismissSilentClients(at: .now())
                // What the audit log's disk refused is tried again.
                controller.surroundings.audit?.flush(retrying: true)
                controller.startSweeping()
            }
        }
    }

    private func dismissSilentClients(at now: NIODeadline) {
        let limits = policy.limits
        for client in connections.keys.sorted() {
            guard let connection = connections[client], !connection.isPaused else { continue }
            if let began = connection.lineBegan {
                guard seconds(from: began, to: now) >= limits.lineSeconds else { continue }
                let fault = ProtocolFault(
                    .requestIncomplete,
                    "half a line waited \(limits.lineSeconds) s for its end; the connection is closed")
                dismiss(connection, .line, fault)
            } else if let patience = limits.idleSeconds, connection.inFlight == 0, !connection.isSubscriber,
                connection.permissions != nil, seconds(from: connection.lastActive, to: now) >= patience
            {
                let fault = ProtocolFault(.idle, "nothing was asked for \(patience) s; the connection is closed")
                dismiss(connection, .idle, fault)
            }
        }
    }

    /// Says why, and closes the connection.
    private func dismiss(_ connection: Connection, _ reason: DaemonMetrics.Refusal, _ fault: ProtocolFault) {
        metrics.count(reason)
        surroundings.log.info(
            "client dismissed", metadata: ["client": "\(connection.id.raw)", "reason": "\(reason.rawValue)"])
        var writer = JSONWriter()
        ReplyEncoder.fault(.null, fault, to: &writer)
        connection.send(writer.bytes)
        connection.flush()
        connection.channel.close(promise: nil)
    }

    private func seconds(from start: NIODeadline, to end: NIODeadline) -> Double {
        Double((end - start).nanoseconds) * 1e-9
    }
}
