// Where the answer to a ticket goes: to its client as a line, or into its place in the answer to a batch.

import SluiceControlPlane
import SluiceProtocol

struct PendingReply {
    enum Destination {
        case line
        case batch(BatchReply, position: Int)
        /// A request that the daemon made for the client; nobody waits for its answer.
        case nowhere
    }

    let client: ClientID
    /// nil: a notification, whose answer is dropped.
    let id: RequestID?
    let destination: Destination
    /// What the audit log is told once the answer is known; nil: nothing.
    var audited: AuditedRequest?

    init(client: ClientID, id: RequestID?, destination: Destination) {
        self.client = client
        self.id = id
        self.destination = destination
    }

    /// Whether a client asked for it.
    var isAwaited: Bool {
        if case .nowhere = destination { false } else { true }
    }
}

/// The answers to one batch, sent as one array when the last is there.
final class BatchReply {
    private var replies: [[UInt8]?]
    private var missing: Int

    init(count: Int) {
        replies = Array(repeating: nil, count: count)
        missing = count
    }

    /// Puts the answer of the call at `position` (nil for a notification); answers the whole array when it was the
    /// last, and nil while others are missing or where there is nothing to send.
    func complete(_ position: Int, with reply: [UInt8]?) -> [UInt8]? {
        replies[position] = reply
        missing -= 1
        guard missing == 0 else { return nil }
        let present = replies.compactMap { $0 }
        guard !present.isEmpty else { return nil }
        return [UInt8(ascii: "[")] + present.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }
}
