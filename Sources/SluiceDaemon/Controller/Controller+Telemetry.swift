// What the telemetry thread hands over, and what it has counted.

package import NIOCore
import SluiceControlPlane
import SluiceTelemetry

extension Controller {
    /// Learns from what a listener of this daemon measured, and says how long that took. Called from any thread.
    ///
    /// What was measured on a topology that has been replaced since says nothing about this one's links.
    package nonisolated func take(_ batch: TelemetryBatch, _ done: @escaping @Sendable (TimeAmount) -> Void) {
        surroundings.loop.execute {
            self.assumeIsolated { controller in
                guard !controller.isStopping else { return }
                let start = NIODeadline.now()
                if batch.edition == controller.topologyEdition {
                    controller.handle(.measured(batch.samples))
                    controller.flush()
                }
                done(.now() - start)
            }
        }
    }

    /// The listener whose counts are shown and who is told of new policies.
    package func attach(_ listener: TelemetryListener) { telemetry = listener }

    func writeTelemetry(to text: inout PrometheusText) {
        let totals = plane.telemetryTotals
        text.family("sluice_telemetry_samples_total", .counter, "Measurements of links, by what became of them.")
        text.sample(totals.accepted, [("result", "accepted")])
        for refusal in TelemetryReceipt.Refusal.allCases {
            text.sample(totals.refused[refusal] ?? 0, [("result", refusal.rawValue)])
        }
        text.single("sluice_automata", .gauge, "Flows with a learning automaton.", Double(totals.automata))
        guard let counts = telemetry?.counts else { return }
        text.single(
            "sluice_telemetry_datagrams_total", .counter, "Datagrams that came to the telemetry listener.",
            Double(counts.datagrams))
        text.family(
            "sluice_telemetry_refused_total", .counter, "Datagrams and hops that were not believed, by reason.")
        for refusal in ReportRefusal.allCases {
            text.sample(counts.refusals[refusal], [("reason", refusal.rawValue)])
        }
        text.single(
            "sluice_telemetry_lost_total", .counter, "Reports that sequence numbers show to be missing.",
            Double(counts.lostReports))
    }
}
