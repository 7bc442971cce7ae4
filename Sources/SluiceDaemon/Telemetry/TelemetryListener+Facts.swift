// What a listener tells in `telemetry.status`.

import SluiceMapping
import SluiceTelemetry

extension TelemetryListener {
    var facts: ListenerFacts {
        let counts = self.counts
        return ListenerFacts(
            addresses: addresses,
            counts: ListenerFacts.Counts(
                datagrams: counts.datagrams, reports: counts.reports, samples: counts.samples,
                handedOver: counts.handedOver, lost: counts.lostReports, refused: counts.refusals.total,
                reasons: counts.refusals.nonZero.map { (name: $0.0.rawValue, count: $0.1) }))
    }
}
