// `sluice submit`: asks the daemon for one flow, or for all of a file.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Asks for a flow, or for every demand of a file.",
        discussion: """
            Ends with 1 where the flow is rejected; with --file, 0 once every flow has its answer.

            Examples:
              sluice submit seattle new-york --bandwidth 2Gbit/s --class critical
              sluice submit h1 h2 --bandwidth 40Mbps --max-latency 20ms --avoid denver --id backup-7
              sluice submit h1 h2 --bandwidth 10Gbps --dry-run
              sluice submit --file demands.json
            """)

    @Argument(help: "The switch or host that the flow comes from.")
    var source: String?

    @Argument(help: "The switch or host that it goes to.")
    var destination: String?

    @Option(help: "Rate to reserve, as 40Mbit/s.")
    var bandwidth: BandwidthArgument?

    @Option(help: "Name of the flow; chosen by the daemon where absent.")
    var id: String?

    @Option(name: .customLong("class"), help: "Class of the policy.")
    var className: String?

    @Option(help: "Priority, larger is more important; not together with --class.")
    var priority: Int?

    @Option(help: "Also ask for this rate the other way.")
    var reverseBandwidth: BandwidthArgument?

    @Option(help: "Accept this little where --bandwidth does not fit.")
    var minBandwidth: BandwidthArgument?

    @Option(help: "Most delay along the path, as 20ms.")
    var maxLatency: LatencyArgument?

    @Option(help: "Most links between switches.")
    var maxHops: Int?

    @Option(help: "A switch or link that the path must not use; may be repeated.")
    var avoid: [String] = []

    @Option(help: "A switch or link that the path must use; may be repeated.")
    var via: [String] = []

    @Option(help: "Reserve a second path: linkDisjoint or nodeDisjoint.")
    var protection: String?

    @Option(help: "Expire after this time, as 30s or 2h.")
    var lifetime: SecondsArgument?

    @Option(help: "Submit every demand of this file: a Sluice demands file, or a network file with demands.")
    var file: String?

    @Flag(help: "With --file: admit all of them or none.")
    var atomic = false

    @Flag(help: "Say what would happen, and do nothing.")
    var dryRun = false

    @OptionGroup var control: ControlOptions

    func validate() throws {
        if file != nil {
            guard source == nil, destination == nil, bandwidth == nil else {
                throw ValidationError("Give --file, or a source, a destination and --bandwidth, not both.")
            }
            if dryRun { throw ValidationError("--dry-run answers for one flow; it does not go with --file.") }
        } else {
            guard source != nil, destination != nil else { throw ValidationError("Give a source and a destination.") }
            guard bandwidth != nil else { throw ValidationError("Give --bandwidth, as 40Mbit/s.") }
            if atomic { throw ValidationError("--atomic goes with --file.") }
        }
    }

    func run() throws {
        var client = try control.connect()
        if let file {
            try SubmissionFile(file).submit(atomic: atomic, to: &client, control)
            return
        }
        let result = try client.call(.flowSubmit) { writeParams(to: &$0) }
        control.show(result) { AnswerText.result(result) }
        if result["flow"]?["state"]?.string == "rejected" { throw ExitCode(ExitStatus.refused.rawValue) }
    }

    private func writeParams(to writer: inout JSONWriter) {
        writer.member("id", id)
        writer.member("source", source)
        writer.member("destination", destination)
        writer.member("bandwidth", bandwidth?.value.bitsPerSecond)
        writer.member("reverseBandwidth", reverseBandwidth?.value.bitsPerSecond)
        writer.member("minBandwidth", minBandwidth?.value.bitsPerSecond)
        writer.member("class", className)
        writer.member("priority", priority)
        if maxLatency != nil || maxHops != nil || !avoid.isEmpty || !via.isEmpty {
            writer.name("constraints")
            writer.beginObject()
            writer.member("maxLatency", maxLatency?.value.microseconds)
            writer.member("maxHops", maxHops)
            writer.member("avoid", avoid)
            writer.member("via", via)
            writer.endObject()
        }
        writer.member("protection", protection)
        writer.member("lifetimeSeconds", lifetime?.seconds)
        writer.flag("dryRun", dryRun)
    }
}
