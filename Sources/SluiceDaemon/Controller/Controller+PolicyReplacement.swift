// `policy.replace`: a policy from the control socket, read by the reader of policy files, so that both mean the same.

import Logging
import NIOCore
import SluiceControlPlane
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

extension Controller {
    /// Reads `document` on a thread of its own, since a large one takes longer than decisions should wait, and puts it
    /// in force; the old policy stays where it has faults.
    func replacePolicy(_ document: [UInt8], answering ticket: Ticket) {
        BackgroundThread.run {
            let outcome = Result { () throws(InvalidDocument) in
                try PolicyReader.read(DocumentFile(name: "policy", bytes: document))
            }
            self.surroundings.loop.execute {
                self.assumeIsolated { controller in
                    controller.adopt(outcome, answering: ticket)
                    controller.flush()
                }
            }
        }
    }

    private func adopt(_ outcome: Result<Policy, InvalidDocument>, answering ticket: Ticket) {
        guard !isStopping else { return }
        switch outcome {
        case .failure(let error): answer(ticket, .failure(.document(error.lines)))
        case .success(let fresh):
            surroundings.log.notice("policy replaced by a client")
            replace(fresh, answering: ticket)
        }
    }
}

extension ProtocolFault {
    /// A document that cannot be used, with every fault of it as a line.
    static func document(_ lines: [String]) -> ProtocolFault {
        ProtocolFault(
            .documentInvalid, "the old configuration stays: \(lines.count) fault\(lines.count == 1 ? "" : "s")",
            [("faults", .texts(lines))])
    }
}
