// `flow.explain` in sentences.

import SluiceControlPlane
import SluiceModel
import SluiceProtocol

enum ExplanationText {
    static func sentences(_ explanation: Explanation) -> [String] {
        let flow = explanation.flow
        var sentences = [
            "Flow \"\(flow.id)\" from \(flow.source) to \(flow.destination) asks for \(flow.requestedBandwidth.text) "
                + "at priority \(flow.priority)" + (flow.className.map { " (class \($0))" } ?? "")
                + " and is \(flow.state.rawValue)."
        ]
        sentences += flow.reasons.map { reason in
            // A property of the flow, and not the cause of its state.
            reason == .reservesOnly ? "Note: \(reason.text)." : "That is because \(reason.text)."
        }
        if !flow.path.isEmpty { sentences += path(of: explanation) }
        if let rejection = flow.rejection ?? explanation.rejection {
            sentences += refusal(rejection, isPast: !flow.state.isLive)
        }
        if let last = explanation.history.last {
            sentences.append(
                "The last thing that happened to it was \(last.kind.rawValue) at \(last.time.text).")
        }
        return sentences
    }

    private static func path(of explanation: Explanation) -> [String] {
        let flow = explanation.flow
        let latency = flow.latency.map { ", \($0.text) along it" } ?? ""
        var sentences = ["Its path is \(flow.path.map(\.text).joined(separator: " - "))\(latency)."]
        if !flow.backupLinks.isEmpty {
            sentences.append("Its second path is \(flow.backupLinks.map(\.text).joined(separator: " ")).")
        }
        if !flow.shares.isEmpty {
            let total = flow.shares.reduce(0) { $0 + $1.weight }
            let ways = flow.shares.map { "\($0.weight) of \(total) by \($0.links.map(\.text).joined(separator: " "))" }
            sentences.append("It is split: \(ways.joined(separator: "; ")). It holds its bandwidth on each of these.")
        }
        if let tightest = explanation.hops.min(by: { free($0) < free($1) }) {
            sentences.append(
                "The tightest link of it is \(tightest.link): \(tightest.reserved.text) of "
                    + "\(tightest.capacity.text) are reserved.")
        }
        return sentences
    }

    /// What the answer was, link by link what is in the way, and each change that would let the flow in.
    ///
    /// - Parameter isPast: the flow is over; what is told was so when it was refused.
    private static func refusal(_ rejection: Rejection, isPast: Bool) -> [String] {
        var bare = rejection
        // Its message lists the bottlenecks, which have sentences of their own here.
        if rejection.code == .noCapacity { bare.bottlenecks = [] }
        var sentences = [
            "\(isPast ? "It was refused" : "It cannot be placed") (\(rejection.code.rawValue)): \(bare.message)."
        ]
        sentences += rejection.bottlenecks.map { bottleneck in
            guard bottleneck.state == .up else {
                return "Link \(bottleneck.link) \(isPast ? "was" : "is") \(bottleneck.state.rawValue)."
            }
            return "Link \(bottleneck.link) \(isPast ? "had" : "has") \(bottleneck.residual.text) left of "
                + "\(bottleneck.capacity.text), and \(bottleneck.needed.text) \(isPast ? "were" : "are") needed."
        }
        sentences += rejection.wouldFitIf.map { "It would \(isPast ? "have fitted" : "fit") if \($0.text)." }
        return sentences
    }

    private static func free(_ hop: Explanation.Hop) -> Int { hop.capacity.bitsPerSecond - hop.reserved.bitsPerSecond }
}
