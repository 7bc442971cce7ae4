// `topology.replace`: a topology from the control socket, read by the reader of topology files, so that both mean the
// same.

import Logging
import NIOCore
import SluiceControlPlane
import SluiceDocuments
import SluiceModel
import SluiceProtocol

extension Controller {
    /// Reads `document` on a thread of its own and puts the flows on it; the old topology stays where it has faults.
    func replaceTopology(_ document: [UInt8], dryRun: Bool, answering ticket: Ticket) {
        BackgroundThread.run {
            let outcome = Result { () throws(InvalidDocument) in
                try Document.readNetwork(DocumentFile(name: "topology", bytes: document))
            }
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.adopt(outcome, dryRun: dryRun, answering: ticket)
                    controller.flush()
                }
            }
        }
    }

    private func adopt(
        _ outcome: Result<ImportedNetwork, InvalidDocument>, dryRun: Bool, answering ticket: Ticket
    ) {
        guard !isStopping else { return }
        switch outcome {
        case .failure(let error): answer(ticket, .failure(.document(error.lines)))
        case .success(let network):
            let proposal = TopologyProposal(network.topology)
            handle(.request(ticket, from: ClientID(0), .replaceTopology(proposal, dryRun: dryRun)))
        }
    }

    /// After a change of topology: reports are of its links from now on, and every subscriber gets the rules of its
    /// switches anew, where these are still there.
    func follow(_ change: TopologyChange) {
        guard !change.isDryRun else { return }
        topologyEdition += 1
        telemetry?.adopt(policy.telemetry, topology: plane.topology, edition: topologyEdition)
        for flow in change.lost {
            surroundings.log.warning(
                "a flow is over: the topology has not what it names", metadata: ["flow": "\(flow)"])
        }
        for client in connections.keys.sorted() {
            guard let connection = connections[client], !connection.followedRules.isEmpty else { continue }
            connection.followedRules = connection.followedRules.filter { plane.topology.index(of: $0.key) != nil }
            connection.missedRules = Set(connection.followedRules.keys)
            connection.requestedRules = []
            if !connection.isCongested { resynchronise(connection) }
        }
        rebindSwitches()
    }
}
