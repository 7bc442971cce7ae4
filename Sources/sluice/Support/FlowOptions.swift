// What `submit` asks for and `update` changes: the members that both methods share.

import ArgumentParser
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct FlowOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Rate to reserve, as 40Mbit/s.")
    var bandwidth: BandwidthArgument?

    @Option(name: .customLong("class"), help: "Class of the policy.")
    var className: String?

    @Option(parsing: .unconditional, help: "Priority, larger is more important; not together with --class.")
    var priority: Int?

    @Option(parsing: .unconditional, help: "Also ask for this rate the other way.")
    var reverseBandwidth: BandwidthArgument?

    @Option(parsing: .unconditional, help: "Accept this little where --bandwidth does not fit.")
    var minBandwidth: BandwidthArgument?

    @Option(
        help: ArgumentHelp(
            "Packets that belong to the flow, as ip_proto=6,tcp_dst=443: OpenFlow's names; may be repeated.",
            valueName: "field=value,..."))
    var match: [MatchArgument] = []

    @Option(parsing: .unconditional, help: "Most delay along the path, as 20ms.")
    var maxLatency: LatencyArgument?

    @Option(parsing: .unconditional, help: "Most links between switches.")
    var maxHops: Int?

    @Option(help: "A switch or link that the path must not use; may be repeated.")
    var avoid: [String] = []

    @Option(help: "A switch or link that the path must use; may be repeated.")
    var via: [String] = []

    @Option(help: "Each link has at least one of these affinities; may be repeated.")
    var includeAny: [String] = []

    @Option(help: "Each link has this affinity; may be repeated.")
    var includeAll: [String] = []

    @Option(help: "No link has this affinity; may be repeated.")
    var exclude: [String] = []

    @Option(help: "Reserve a second path: linkDisjoint or nodeDisjoint.")
    var protection: String?

    @Option(parsing: .unconditional, help: "Expire after this time, as 30s or 2h.")
    var lifetime: SecondsArgument?

    /// Whether any of them is given.
    var isEmpty: Bool {
        bandwidth == nil && className == nil && priority == nil && reverseBandwidth == nil && minBandwidth == nil
            && match.isEmpty && !hasConstraints && protection == nil && lifetime == nil
    }

    private var hasConstraints: Bool {
        maxLatency != nil || maxHops != nil || !avoid.isEmpty || !via.isEmpty || hasAffinity
    }

    private var hasAffinity: Bool { !includeAny.isEmpty || !includeAll.isEmpty || !exclude.isEmpty }

    /// Appends the members that are given.
    func write(to writer: inout JSONWriter) {
        writer.member("bandwidth", bandwidth?.value.bitsPerSecond)
        writer.member("reverseBandwidth", reverseBandwidth?.value.bitsPerSecond)
        writer.member("minBandwidth", minBandwidth?.value.bitsPerSecond)
        writer.member("class", className)
        writer.member("priority", priority)
        if !match.isEmpty {
            writer.name("match")
            writer.beginObject()
            for field in match.flatMap(\.fields) {
                writer.name(field.name)
                switch field.value {
                case .integer(let integer): writer.integer(integer)
                case .text(let text): writer.string(text)
                }
            }
            writer.endObject()
        }
        if hasConstraints {
            writer.name("constraints")
            writer.beginObject()
            writer.member("maxLatency", maxLatency?.value.microseconds)
            writer.member("maxHops", maxHops)
            writer.member("avoid", avoid)
            writer.member("via", via)
            if hasAffinity {
                writer.name("affinity")
                writer.beginObject()
                writer.member("includeAny", includeAny)
                writer.member("includeAll", includeAll)
                writer.member("exclude", exclude)
                writer.endObject()
            }
            writer.endObject()
        }
        writer.member("protection", protection)
        writer.member("lifetimeSeconds", lifetime?.seconds)
    }
}

/// Fields of a match on the command line: `ip_proto=6,tcp_dst=443`. Names and ranges are the daemon's to check; here a
/// value that reads as a whole number, also in hexadecimal, is one, and every other is a text.
struct MatchArgument: ExpressibleByArgument {
    enum Value {
        case integer(Int)
        case text(String)
    }

    let fields: [(name: String, value: Value)]

    init?(argument: String) {
        var fields: [(name: String, value: Value)] = []
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            guard let equals = part.firstIndex(of: "="), equals != part.startIndex else { return nil }
            let text = String(part[part.index(after: equals)...])
            guard !text.isEmpty else { return nil }
            let integer = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
            fields.append((String(part[..<equals]), integer.map { .integer($0) } ?? .text(text)))
        }
        self.fields = fields
    }
}
