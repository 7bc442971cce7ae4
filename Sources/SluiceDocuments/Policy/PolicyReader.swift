// Policies in YAML. A key that is absent or null has its default, which is that of `Policy.standard`; a key that is not
// known is a fault. JSON is YAML too, so what `PolicyWriter` writes is read here.

import SluiceJSON
package import SluiceModel
import Yams

package struct PolicyReader {
    static let rootKeys = [
        "classes", "defaultClass", "admission", "reoptimisation", "learning", "telemetry", "limits", "access", "meters",
        "switches", "unadmitted", "bandwidthConstraints", "damping", "rsvpPriorities",
    ]
    private static let bytesLimit = 1 << 20
    private let faults: FaultCollector

    /// Reads `file`; throws everything that is wrong with it.
    package static func read(_ file: DocumentFile) throws(InvalidDocument) -> Policy {
        let reader = PolicyReader(faults: FaultCollector(file))
        let root = try reader.parse(file)
        let policy = reader.policy(root)
        try reader.faults.throwIfAny()
        return policy
    }

    private init(faults: FaultCollector) { self.faults = faults }

    private func parse(_ file: DocumentFile) throws(InvalidDocument) -> Yams.Node {
        if file.bytes.count > Self.bytesLimit { throw Document.invalid(file, .tooLarge(limit: Self.bytesLimit)) }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw Document.invalid(file, .invalidUTF8)
        }
        if let position = Self.firstAnchor(in: file.bytes) {
            faults.report(.text(position, field: ""), .anchors)
            throw faults.invalid()
        }
        do {
            if let root = try Yams.Parser(yaml: text).singleRoot() { return root }
        } catch let error as YamlError {
            report(error)
            throw faults.invalid()
        } catch {
            faults.report(.document, .yaml("\(error)"))
            throw faults.invalid()
        }
        throw Document.invalid(file, .empty)
    }

    private func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            faults.report(.text(TextPosition(line: mark.line, column: mark.column), field: ""), .yaml(problem))
        case .duplicatedKeysInMapping(let duplicates, let context):
            for name in duplicates {
                faults.report(
                    .text(TextPosition(line: context.mark.line, column: context.mark.column), field: name),
                    .duplicate(name))
            }
        case .reader(let problem, _, _, _): faults.report(.document, .yaml(problem))
        default: faults.report(.document, .yaml("\(error)"))
        }
    }

    /// Anchors and aliases let a small file stand for a vast one; policies need none. They begin a value, so what
    /// stands before them is white space or an opening bracket.
    private static func firstAnchor(in bytes: [UInt8]) -> TextPosition? {
        var previous = UInt8(ascii: "\n")
        var isComment = false
        var quote: UInt8?
        for (offset, byte) in bytes.enumerated() {
            defer { previous = byte }
            if byte == UInt8(ascii: "\n") { isComment = false }
            if isComment { continue }
            if let open = quote {
                if byte == open { quote = nil }
                continue
            }
            let beginsWord = [0x20, 0x09, 0x0a, 0x0d].contains(previous) || "[{,".utf8.contains(previous)
            guard beginsWord else { continue }
            switch byte {
            case UInt8(ascii: "#"): isComment = true
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "&"), UInt8(ascii: "*"): return TextPosition(of: offset, in: bytes)
            default: break
            }
        }
        return nil
    }
}

extension PolicyReader {
    private func policy(_ root: Yams.Node) -> Policy {
        var policy = Policy.standard
        guard let mapping = MappingReader(root, field: "", known: Self.rootKeys, faults: faults) else { return policy }
        if let elements = mapping.elements("classes") {
            policy.classes = TrafficClassReader(faults: faults).classes(elements)
            if elements.isEmpty { faults.report(mapping.place("classes"), .missing("classes[0]")) }
        }
        if let name = mapping.text("defaultClass") { policy.defaultClass = name }
        checkDefaultClass(policy, mapping)
        read(&policy.admission, mapping)
        read(&policy.reoptimisation, mapping)
        LearningPolicyReader(faults: faults).read(&policy.learning, mapping)
        TelemetryPolicyReader(faults: faults).read(&policy.telemetry, mapping)
        read(&policy.limits, mapping)
        if let elements = mapping.elements("access") {
            policy.access = elements.compactMap { accessRule($0.node, $0.field) }
        }
        if let meters = mapping.mapping("meters", known: ["enabled", "burstMilliseconds"]) {
            meters.bool("enabled").map { policy.meters.enabled = $0 }
            meters.integer("burstMilliseconds", in: 1...60_000).map { policy.meters.burstMilliseconds = $0 }
        }
        if let switches = mapping.mapping("switches", known: ["pollSeconds", "wiring"]) {
            switches.number("pollSeconds", in: 0.05...3_600).map { policy.switches.pollSeconds = $0 }
            switches.choice("wiring", of: WiringPolicy.self).map { policy.switches.wiring = $0 }
        }
        mapping.choice("unadmitted", of: UnadmittedTraffic.self).map { policy.unadmitted = $0 }
        EngineeringReader(faults: faults).read(into: &policy, mapping)
        return policy
    }

    private func checkDefaultClass(_ policy: Policy, _ mapping: MappingReader) {
        guard !policy.classes.isEmpty, policy.trafficClass(named: policy.defaultClass) == nil else { return }
        if mapping.has("defaultClass") {
            let nearest = faults.nearest(to: policy.defaultClass, among: policy.classes.map(\.name))
            faults.report(mapping.place("defaultClass"), .unknownClass(policy.defaultClass, nearest: nearest))
        } else {
            mapping.reportMissing("defaultClass")
        }
    }

    private func read(_ admission: inout AdmissionPolicy, _ root: MappingReader) {
        let known = ["objective", "method", "budgetSeconds", "preemption", "groomingMoves"]
        guard let mapping = root.mapping("admission", known: known) else { return }
        mapping.choice("objective", of: AdmissionPolicy.Objective.self).map { admission.objective = $0 }
        mapping.choice("method", of: AdmissionPolicy.Method.self).map { admission.method = $0 }
        mapping.number("budgetSeconds", in: 0.001...86_400).map { admission.budgetSeconds = $0 }
        mapping.bool("preemption").map { admission.preemption = $0 }
        mapping.integer("groomingMoves", in: 0...Limits.groomingMoves).map { admission.groomingMoves = $0 }
    }

    private func read(_ reoptimisation: inout ReoptimisationPolicy, _ root: MappingReader) {
        let known = ["intervalSeconds", "maxMoves", "afterChangeSeconds"]
        guard let mapping = root.mapping("reoptimisation", known: known) else { return }
        mapping.number("afterChangeSeconds", in: 0...31_536_000).map { reoptimisation.afterChangeSeconds = $0 }
        mapping.number("intervalSeconds", in: 0.1...31_536_000).map { reoptimisation.intervalSeconds = $0 }
        mapping.integer("maxMoves", in: 0...Limits.flows).map { reoptimisation.maxMoves = $0 }
    }

    private func read(_ limits: inout ClientLimits, _ root: MappingReader) {
        let known = [
            "flows", "flowsPerClient", "connections", "connectionsPerUser", "subscriptionsPerClient",
            "requestsPerSecond", "lineSeconds", "idleSeconds",
        ]
        guard let mapping = root.mapping("limits", known: known) else { return }
        mapping.integer("flows", in: 1...Limits.flows).map { limits.flows = $0 }
        mapping.integer("flowsPerClient", in: 1...Limits.flows).map { limits.flowsPerClient = $0 }
        mapping.integer("connections", in: 1...65_536).map { limits.connections = $0 }
        mapping.integer("connectionsPerUser", in: 1...65_536).map { limits.connectionsPerUser = $0 }
        mapping.integer("subscriptionsPerClient", in: 1...65_536).map { limits.subscriptionsPerClient = $0 }
        mapping.number("requestsPerSecond", in: 0.001...1e9).map { limits.requestsPerSecond = $0 }
        mapping.number("lineSeconds", in: 0.05...86_400).map { limits.lineSeconds = $0 }
        mapping.number("idleSeconds", in: 0.05...31_536_000).map { limits.idleSeconds = $0 }
    }

    private func accessRule(_ node: Yams.Node, _ field: String) -> AccessRule? {
        guard let mapping = MappingReader(node, field: field, known: ["user", "group", "role"], faults: faults) else {
            return nil
        }
        let ids = 0...Int(UInt32.max)
        let user = mapping.integer("user", in: ids)
        let group = mapping.integer("group", in: ids)
        let role = mapping.choice("role", of: AccessRule.Role.self)
        if !mapping.has("role") { mapping.reportMissing("role") }
        switch (mapping.has("user"), mapping.has("group")) {
        case (true, true): faults.report(mapping.place("group"), .together("user", "group"))
        case (false, false): mapping.reportMissing("user")
        case (true, false), (false, true): break
        }
        guard let role, let id = user ?? group else { return nil }
        return AccessRule(subject: user == nil ? .group(UInt32(id)) : .user(UInt32(id)), role: role)
    }
}
