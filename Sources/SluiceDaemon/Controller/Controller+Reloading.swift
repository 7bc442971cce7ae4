// Reading the documents again, for `system.reload` and for SIGHUP; faults leave the old configuration as it is.

import Logging
import NIOCore
package import SluiceControlPlane
import SluiceJSON
import SluiceMapping
import SluiceModel
import SluiceProtocol

extension Controller {
    /// Reads the documents again, for `system.reload` (with its ticket) or SIGHUP (nil).
    package func reload(answering ticket: Ticket?) {
        if reloading != nil {
            // The one that runs may have read the old files already: another follows it.
            if let ticket { reloading?.append(ticket) }
            return
        }
        reloading = ticket.map { [$0] } ?? []
        surroundings.service.reloading()
        // Also where the documents turn out faulty: the file may have been moved away.
        surroundings.audit?.reopen()
        groups.forget()
        BackgroundThread.run {
            let result = self.surroundings.reload()
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.adopt(result)
                    controller.flush()
                }
            }
        }
    }

    private func adopt(_ reload: Reload) {
        let tickets = reloading ?? []
        reloading = nil
        switch reload {
        case .faults(let lines):
            metrics.countReload("refused")
            surroundings.service.ready(
                "serving; the last reload was refused: \(lines.count) fault\(lines.count == 1 ? "" : "s")")
            for line in lines {
                surroundings.log.error("reload refused, the old configuration stays", metadata: ["fault": "\(line)"])
            }
            for ticket in tickets { answer(ticket, .failure(.document(lines))) }
        case .documents(let documents):
            metrics.countReload("taken")
            surroundings.service.ready("serving")
            var outcome = "none"
            if let fresh = documents.policy {
                outcome = fresh == policy ? "unchanged" : "replaced"
                if fresh != policy { replace(fresh) }
            }
            if documents.topologyHasChanged {
                surroundings.log.warning("the topology file has changed; restart to take it up")
            }
            surroundings.log.notice("reloaded", metadata: ["policy": "\(outcome)"])
            for ticket in tickets {
                answer(
                    ticket,
                    .success({ writer in
                        writer.object { writer in
                            writer.member("policy", outcome)
                            writer.member("topology", documents.topologyHasChanged ? "changed" : "unchanged")
                        }
                    }))
            }
        }
    }

    /// Puts `fresh` in force: for clients at once, for flows by the control plane.
    ///
    /// - Parameter ticket: of the request that asked for it; nil: nobody waits.
    func replace(_ fresh: Policy, answering ticket: Ticket? = nil) {
        policy = fresh
        telemetry?.adopt(fresh.telemetry, topology: plane.topology, edition: topologyEdition)
        for client in connections.keys.sorted() {
            if let connection = connections[client] { resettlePermissions(of: connection) }
        }
        sweep?.cancel()
        startSweeping()
        handle(.request(ticket ?? newTicket(), from: ClientID(0), .replacePolicy(fresh)))
    }

    func newTicket() -> Ticket {
        defer { nextTicket += 1 }
        return Ticket(nextTicket)
    }
}
