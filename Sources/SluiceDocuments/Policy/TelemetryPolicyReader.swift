// The policy's `telemetry`: which reports by UDP are believed, and in which units they speak.

import SluiceJSON
import SluiceModel
import Yams

struct TelemetryPolicyReader {
    private static let keys = [
        "sources", "intDscp", "intPort", "associationBits", "queueUnitBytes", "latencyUnitNanoseconds",
        "fullUtilisation", "clockToleranceSeconds",
    ]
    private static let sourcesLimit = 1_024
    let faults: FaultCollector

    func read(_ telemetry: inout TelemetryPolicy, _ root: MappingReader) {
        guard let mapping = root.mapping("telemetry", known: Self.keys) else { return }
        sources(mapping).map { telemetry.sources = $0 }
        mapping.integer("intDscp", in: 0...63).map { telemetry.intDSCP = UInt8($0) }
        mapping.integer("intPort", in: 1...65_535).map { telemetry.intPort = UInt16($0) }
        mapping.choice("associationBits", of: TelemetryPolicy.AssociationBits.self).map {
            telemetry.associationBits = $0
        }
        mapping.integer("queueUnitBytes", in: 1...65_536).map { telemetry.queueUnitBytes = $0 }
        mapping.integer("latencyUnitNanoseconds", in: 1...1_000_000).map { telemetry.latencyUnitNanoseconds = $0 }
        mapping.integer("fullUtilisation", in: 1...Int(UInt32.max) - 1).map { telemetry.fullUtilisation = $0 }
        mapping.number("clockToleranceSeconds", in: 0.001...86_400).map { telemetry.clockToleranceSeconds = $0 }
    }

    private func sources(_ mapping: MappingReader) -> [TelemetryPolicy.Source]? {
        guard let elements = mapping.elements("sources") else { return nil }
        if elements.count > Self.sourcesLimit {
            faults.report(
                mapping.place("sources"),
                .outOfRange("\(elements.count) sources", wanted: "at most \(Self.sourcesLimit)"))
        }
        return elements.compactMap { element in
            guard case .scalar(let scalar) = element.node,
                let source = TelemetryPolicy.Source(text: scalar.string)
            else {
                let text = if case .scalar(let scalar) = element.node { scalar.string } else { "" }
                faults.report(mapping.place("sources"), .unreadable(text, wanted: "an IPv4 or IPv6 address or prefix"))
                return nil
            }
            return source
        }
    }
}
