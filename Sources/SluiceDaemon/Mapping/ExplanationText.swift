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
        if !flow.path.isEmpty {
            let latency = flow.latency.map { ", \($0.text) along it" } ?? ""
            sentences.append("Its path is \(flow.path.map(\.text).joined(separator: " - "))\(latency).")
        }
        if let tightest = explanation.hops.min(by: { free($0) < free($1) }), !flow.path.isEmpty {
            sentences.append(
                "The tightest link of it is \(tightest.link): \(tightest.reserved.text) of "
                    + "\(tightest.capacity.text) are reserved.")
        }
        if let rejection = explanation.rejection {
            sentences.append("It cannot be placed: \(rejection.message).")
            sentences += rejection.wouldFitIf.map { "It would fit if \($0.text)." }
        }
        if let last = explanation.history.last {
            sentences.append(
                "The last thing that happened to it was \(last.kind.rawValue) at \(last.time.text).")
        }
        return sentences
    }

    private static func free(_ hop: Explanation.Hop) -> Int { hop.capacity.bitsPerSecond - hop.reserved.bitsPerSecond }
}
