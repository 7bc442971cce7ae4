// How fast rules get into a real switch: by Sluice's agent over the bridge's own socket, and by ovs-ofctl from a file.

import Glibc
import SluiceForwarding
import SluiceModel
import SluiceOpenFlow

enum InstallRate {
    /// The rules of the race: one UDP five-tuple each.
    private static func rule(_ number: Int) -> Rule {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv4
        fields.ipProtocol = FlowMatch.protocolUDP
        fields.ipv4Source = IPv4Prefix(0x0a00_0001 | UInt32(1 + number >> 8) << 16 | UInt32(number & 255) << 8)
        fields.ipv4Destination = IPv4Prefix(0x0a00_0002)
        fields.sourcePort = UInt16(1_000 + number % 50_000)
        fields.destinationPort = 5_001
        let match = RuleMatch(fields: fields)
        return Rule(
            key: Rule.Key(table: 0, priority: 100, match: match), cookie: UInt64(number + 2),
            actions: [.output(PortNumber(2))])
    }

    /// Seconds from handing `count` rules to the agent until the switch has confirmed them.
    static func bySluice(_ count: Int, socket: String) throws(Shell.Failure) -> Double {
        var change = SwitchChange()
        change.rules = (0..<count).map(rule)
        let descriptor = try Shell.connect(socket)
        defer { close(descriptor) }
        let connection = Connection(descriptor: descriptor)
        try connection.run { if case .identified = $0 { true } else { false } }
        connection.follow(SwitchChange(), 1, isSnapshot: true)
        try connection.run { $0 == .acknowledged(revision: 1, []) }
        let start = Shell.seconds()
        connection.follow(change, 2, isSnapshot: false)
        try connection.run { if case .acknowledged(2, let failures) = $0 { failures.isEmpty } else { false } }
        let elapsed = Shell.seconds() - start
        connection.follow(SwitchChange(), 3, isSnapshot: true)
        try connection.run { if case .acknowledged(3, _) = $0 { true } else { false } }
        return elapsed
    }

    /// Seconds that `ovs-ofctl --bundle add-flows` takes for the same rules.
    static func byTool(_ count: Int, network: SwitchedNetwork) throws(Shell.Failure) -> Double {
        let path = network.folder + "/rules"
        guard let file = fopen(path, "w") else { throw Shell.Failure(description: "no file for rules") }
        for number in 0..<count {
            let fields = rule(number).key.match.fields
            fputs(
                "cookie=\(number + 2),priority=100,udp,nw_src=\(fields.ipv4Source?.text ?? ""),"
                    + "nw_dst=10.0.0.2,udp_src=\(fields.sourcePort ?? 0),udp_dst=5001,actions=output:2\n", file)
        }
        fclose(file)
        let start = Shell.seconds()
        _ = try network.shell("$OF --bundle add-flows $R/s1.mgmt \(path)")
        let elapsed = Shell.seconds() - start
        _ = try network.shell("$OF del-flows $R/s1.mgmt")
        return elapsed
    }

    /// An agent at a blocking socket.
    final class Connection {
        private let descriptor: Int32
        private var agent = SwitchAgent(at: .epoch)
        private var outputs: [SwitchAgent.Output] = []
        private var revision: UInt64 = 0

        init(descriptor: Int32) { self.descriptor = descriptor }

        /// Reads the switch at `socket` back, of which Sluice has nothing yet.
        init(socket: String) throws(Shell.Failure) {
            descriptor = try Shell.connect(socket)
            try run { if case .identified = $0 { true } else { false } }
        }

        /// Makes `rules` all that the switch has of ours.
        func put(_ rules: [Rule]) throws(Shell.Failure) {
            revision += 1
            let wanted = revision
            var change = SwitchChange()
            change.rules = rules
            follow(change, wanted, isSnapshot: true)
            try run { $0 == .acknowledged(revision: wanted, []) }
        }

        func follow(_ change: SwitchChange, _ revision: UInt64, isSnapshot: Bool) {
            outputs += agent.follow(change, revision: revision, isSnapshot: isSnapshot, at: .epoch)
        }

        /// Speaks and listens until something comes that `isWanted`.
        func run(_ isWanted: (SwitchAgent.Output) -> Bool) throws(Shell.Failure) {
            while !outputs.contains(where: isWanted) {
                let bytes = agent.takeOutgoing()
                if !bytes.isEmpty { try Shell.send(bytes, to: descriptor) }
                outputs += agent.receive(try Shell.receive(from: descriptor), at: .epoch)
            }
            outputs = []
        }
    }
}
