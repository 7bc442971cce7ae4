// Events of the daemon as people read them.

import SluiceJSON

enum EventText {
    /// What happened, without its time.
    static func line(_ event: JSONNode) -> String {
        var words = [event.text("kind")]
        for name in ["flow", "link", "switch", "state"] where event[name] != nil { words.append(event.text(name)) }
        if !event.texts("links").isEmpty { words.append("on " + event.texts("links").joined(separator: " ")) }
        if !event.texts("formerLinks").isEmpty {
            words.append("before on " + event.texts("formerLinks").joined(separator: " "))
        }
        let shares = event.nodes("shares")
        if !shares.isEmpty {
            let ways = shares.map { "\($0.count("weight")) on \($0.texts("links").joined(separator: " "))" }
            words.append("by weight " + ways.joined(separator: ", "))
        }
        if event["moveReason"] != nil {
            let rewards =
                event["reward"] == nil ? "" : ": reward \(event.share("formerReward")) to \(event.share("reward"))"
            words.append("(\(event.text("moveReason"))\(rewards))")
        }
        if event["by"] != nil { words.append("for \(event.text("by"))") }
        if event["rejection"] != nil { words.append("(\(event.text("rejection")))") }
        if let reason = event["reason"] { words.append("because \(reason.text("text"))") }
        if event["message"] != nil { words.append("- \(event.text("message"))") }
        return words.joined(separator: " ")
    }
}
