// Notifications as lines, and events as objects.

package import SluiceControlPlane
package import SluiceJSON
import SluiceModel
import SluiceProtocol

/// Names of the notifications on the wire.
package enum NotificationName {
    package static let event = "event"
    package static let transaction = "rules.transaction"
    /// A slow subscriber has missed this many events.
    package static let missed = "events.missed"
}

extension JSONWriter {
    /// Appends the whole notification.
    package mutating func notification(_ notification: Notification) {
        switch notification {
        case .occurrence(let occurrence):
            ReplyEncoder.notification(NotificationName.event, to: &self) { $0.occurrence(occurrence) }
        case .rules(let transaction):
            ReplyEncoder.notification(NotificationName.transaction, to: &self) { $0.transaction(transaction) }
        }
    }

    mutating func occurrence(_ occurrence: Occurrence) {
        object { writer in
            writer.member("number", occurrence.number)
            writer.member("time", occurrence.time)
            writer.member("kind", occurrence.kind.rawValue)
            writer.member("flow", occurrence.flow?.text)
            writer.member("link", occurrence.link?.text)
            writer.member("switch", occurrence.switch?.text)
            writer.member("state", occurrence.linkState?.rawValue)
            if !occurrence.path.isEmpty { writer.member("links", occurrence.path) }
            if !occurrence.formerPath.isEmpty { writer.member("formerLinks", occurrence.formerPath) }
            writer.shares(occurrence.shares)
            writer.member("moveReason", occurrence.moveReason?.rawValue)
            writer.member("by", occurrence.by?.text)
            writer.member("formerReward", occurrence.formerReward)
            writer.member("reward", occurrence.presentReward)
            if let reason = occurrence.reason {
                writer.name("reason")
                writer.reason(reason)
            }
            writer.member("rejection", occurrence.rejectionCode?.rawValue)
            writer.member("message", occurrence.message)
        }
    }
}
