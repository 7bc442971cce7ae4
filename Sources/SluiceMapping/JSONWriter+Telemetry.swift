// Measurements and what was learned from them, as the wire has them.

import SluiceControlPlane
import SluiceJSON
import SluiceModel
import SluiceProtocol

extension JSONWriter {
    mutating func members(_ receipt: TelemetryReceipt) {
        member("accepted", receipt.accepted)
        refusals(receipt.refused)
        moved(receipt.moved)
        if !receipt.split.isEmpty { member("split", receipt.split) }
    }

    mutating func members(_ totals: TelemetryTotals, _ facts: DaemonFacts) {
        member("accepted", totals.accepted)
        refusals(totals.refused)
        member("moved", totals.moved)
        member("split", totals.split)
        member("automata", totals.automata)
        let listener = facts.telemetry()
        member("listening", listener?.addresses ?? [])
        guard let counts = listener?.counts else { return }
        name("udp")
        object { writer in
            writer.member("datagrams", counts.datagrams)
            writer.member("reports", counts.reports)
            writer.member("samples", counts.samples)
            writer.member("handedOver", counts.handedOver)
            writer.member("lost", counts.lost)
            writer.member("refused", counts.refused)
            writer.name("reasons")
            writer.object { writer in
                for (name, count) in counts.reasons { writer.member(name, count) }
            }
        }
    }

    private mutating func refusals(_ counts: [TelemetryReceipt.Refusal: Int]) {
        member("refused", counts.values.reduce(0, +))
        name("reasons")
        object { writer in
            for reason in TelemetryReceipt.Refusal.allCases { writer.member(reason.rawValue, counts[reason]) }
        }
    }

    mutating func automaton(_ automaton: AutomatonView) {
        object { writer in
            writer.member("flow", automaton.flow.text)
            writer.member("decisionSwitch", automaton.decisionSwitch.text)
            writer.member("endSwitch", automaton.endSwitch.text)
            writer.member("candidates", automaton.candidates) { candidate, writer in
                writer.object { writer in
                    writer.member("links", candidate.links)
                    writer.member("probability", candidate.probability)
                    writer.member("reward", candidate.reward)
                    writer.member("present", candidate.isPresent)
                    writer.member("weight", candidate.weight)
                }
            }
            writer.member("choices", automaton.choices) { choice, writer in writer.occurrence(choice) }
        }
    }

    mutating func shares(_ shares: [PathShare]) {
        guard !shares.isEmpty else { return }
        member("shares", shares) { share, writer in
            writer.object { writer in
                writer.member("links", share.links)
                writer.member("weight", share.weight)
            }
        }
    }
}
