import SluiceDocuments
import SluiceModel
import Testing

@Suite struct PolicyReaderTests {
    private func read(_ text: String) throws -> Policy {
        try PolicyReader.read(document(text, name: "test.yaml"))
    }

    private func faults(_ text: String) -> [String] {
        do throws(InvalidDocument) {
            _ = try PolicyReader.read(document(text, name: "test.yaml"))
            return []
        } catch {
            return error.lines.map { String($0.dropFirst("test.yaml:".count)) }
        }
    }

    @Test func `the default policy's file states the defaults`() throws {
        let file = try PackageFiles.read(PackageFiles.root + "/policies/default.yaml")
        #expect(try PolicyReader.read(file) == .standard)
    }

    @Test func `the default policy's file states every key that has a value`() throws {
        let text = String(
            decoding: try PackageFiles.read(PackageFiles.root + "/policies/default.yaml").bytes, as: UTF8.self)
        let written = String(decoding: PolicyWriter.json(.standard, pretty: true), as: UTF8.self)
        for line in written.split(separator: "\n") where line.contains("\":") {
            let key = line.split(separator: "\"")[1]
            #expect(text.contains("\(key):"), "\(key)")
        }
    }

    @Test(arguments: ["default", "mission-critical", "campus", "datacenter"])
    func `a shipped policy loads, and is written and read back equal`(name: String) throws {
        let policy = try PolicyReader.read(PackageFiles.read(PackageFiles.root + "/policies/\(name).yaml"))
        let json = PolicyWriter.json(policy, pretty: false)
        #expect(try PolicyReader.read(DocumentFile(name: "again", bytes: json)) == policy)
        #expect(name == "default" || policy != .standard)
    }

    @Test func `every shipped policy is tested`() throws {
        #expect(
            try PackageFiles.names(in: PackageFiles.root + "/policies", suffix: ".yaml")
                == ["campus.yaml", "datacenter.yaml", "default.yaml", "mission-critical.yaml"])
    }

    @Test func `keys mean what they say`() throws {
        let policy = try read(
            """
            classes:
              - {name: a, priority: 9, weight: 4, mayPreempt: false, preemptable: false, maxBandwidth: 2.5Gbps,
                 maxLatency: 5ms, matches: [{udp_dst: 53, ipv4_dst: 10.0.0.0/8}, {eth_type: 0x86dd}]}
            defaultClass: a
            admission: {objective: strict, method: exact, budgetSeconds: 0.5, preemption: false}
            access: [{user: 1000, role: operator}, {group: 4294967295, role: observer}]
            learning: {scheme: off}
            unadmitted: bestEffort
            """)
        let trafficClass = try #require(policy.classes.first)
        #expect(trafficClass.weight == 4)
        #expect(!trafficClass.mayPreempt && !trafficClass.preemptable)
        #expect(trafficClass.maxBandwidth == .megabits(2_500))
        #expect(trafficClass.maxLatency == Latency(microseconds: 5_000))
        var dns = FlowMatch()
        dns.etherType = FlowMatch.etherTypeIPv4
        dns.ipProtocol = FlowMatch.protocolUDP
        dns.destinationPort = 53
        dns.ipv4Destination = IPv4Prefix(10 << 24, length: 8)
        var ipv6 = FlowMatch()
        ipv6.etherType = FlowMatch.etherTypeIPv6
        #expect(trafficClass.matches == [dns, ipv6])
        #expect(policy.admission.objective == .strict && policy.admission.method == .exact)
        #expect(policy.access.map(\.subject) == [.user(1_000), .group(.max)])
        #expect(policy.learning.scheme == .off)
        #expect(policy.unadmitted == .bestEffort)
        // What is not said has its default.
        #expect(policy.limits == Policy.standard.limits)
    }

    @Test func `learning and telemetry say what is learned from, by what and to what end`() throws {
        let policy = try read(
            """
            classes:
              - {name: standard, priority: 3, learningAction: split}
            learning: {scheme: generalisedPursuit, action: move, resolution: 7, memoryWeight: 0.2, pursuitStep: 0.4,
                       floor: 0.01, splitWeights: 32, splitChange: 3}
            telemetry: {sources: [192.0.2.0/24, "2001:db8::/32"], intDscp: 5, intPort: 5000, queueUnitBytes: 80,
                        associationBits: beforeReserved, latencyUnitNanoseconds: 1000, fullUtilisation: 10000,
                        clockToleranceSeconds: 0.5}
            """)
        #expect(policy.classes.first?.learningAction == .split)
        #expect(policy.learning.scheme == .generalisedPursuit && policy.learning.action == .move)
        #expect(policy.learning.resolution == 7 && policy.learning.memoryWeight == 0.2)
        #expect(policy.learning.splitWeights == 32 && policy.learning.splitChange == 3)
        let telemetry = policy.telemetry
        for (text, isAccepted) in [("192.0.2.7", true), ("192.0.3.7", false), ("2001:db8::1", true), ("::1", false)] {
            let address = try #require(TelemetryPolicy.Source(text: text))
            #expect(telemetry.accepts(address) == isAccepted, "\(text)")
        }
        #expect(telemetry.intDSCP == 5 && telemetry.intPort == 5_000 && telemetry.queueUnitBytes == 80)
        #expect(telemetry.associationBits == .beforeReserved && telemetry.clockToleranceSeconds == 0.5)
        #expect(Policy.standard.telemetry.accepts(try #require(TelemetryPolicy.Source(text: "127.0.0.1"))))
        #expect(!Policy.standard.telemetry.accepts(try #require(TelemetryPolicy.Source(text: "10.0.0.1"))))
    }

    @Test func `all faults of a file come at once, with lines`() {
        let found = faults(
            """
            clases: []
            defaultClass: gold
            admission:
              objective: fair
              budgetSeconds: -1
              preemption: maybe
            limits: {flows: many, connections: 0}
            access:
              - {user: 1, group: 2, role: king}
              - {role: agent}
            learning: {floor: 0.3, paths: 4}
            meters: []
            """)
        #expect(
            found == [
                "1:1: clases: \"clases\" is not known here (did you mean \"classes\"?)",
                "2:15: defaultClass: there is no class \"gold\" (add it or correct the name)",
                "4:14: admission.objective: \"fair\" is none of the choices (one of weighted, strict)",
                "5:18: admission.budgetSeconds: -1.0 is out of range (give a number from 0.001 to 86400.0)",
                "6:15: admission.preemption: \"maybe\" is not true or false (write true or false)",
                "7:17: limits.flows: \"many\" is not a whole number from 1 to 1000000 (write a whole number from 1 to 1000000)",
                "7:36: limits.connections: 0 is out of range (give a whole number from 1 to 65536)",
                "9:22: access[0].group: \"user\" and \"group\" exclude each other (keep one)",
                "9:31: access[0].role: \"king\" is none of the choices (one of observer, operator, agent)",
                "10:5: access[1].user: \"user\" is missing (add it)",
                "11:19: learning.floor: 0.3 is out of range (give less than 1 / 4 (paths))",
                "12:9: meters: a list stands where a mapping of keys to values is wanted (write a mapping of keys to values)",
            ])
    }

    @Test(arguments: [
        ("", "the file is empty"), ("# only a comment\n", "the file is empty"), ("classes: [", "the YAML is broken"),
        ("a: 1\na: 2\n", "\"a\" is given twice"), ("classes: &x []", "anchors and aliases are not read"),
        ("a: {*b : 1}", "anchors and aliases are not read"), ("- 1", "a list stands where"),
        ("classes: []", "\"classes[0]\" is missing"),
        ("classes: [{name: x, priority: 1}]", "\"defaultClass\" is missing"),
        ("classes: [{name: standard}]", "\"priority\" is missing"),
        ("classes: [{name: standard, priority: 1}, {name: standard, priority: 2}]", "\"standard\" is given twice"),
        ("classes: [{name: standard, priority: 1, matches: [{tcp_dst: 1, udp_dst: 2}]}]", "exclude each other"),
        ("classes: [{name: standard, priority: 1, matches: [{ip_proto: 17, tcp_dst: 1}]}]", "exclude each other"),
        ("classes: [{name: standard, priority: 1, matches: [{ipv4_src: 1.1.1.1, ipv6_src: '::1'}]}]", "exclude each"),
        ("learning: {rewardWeights: {utilisation: 0, queue: 0, latency: 0, loss: 0}}", "at least one weight above 0"),
        ("learning: {scheme: pursuit, floor: 0}", "above 0 with the scheme pursuit"),
        ("learning: {penaltyStep: 0, floor: 0}", "above 0 with the scheme linearRewardEpsilonPenalty"),
        ("learning: {splitWeights: 4, splitChange: 5}", "at most 4 (splitWeights)"),
        ("telemetry: {sources: [nowhere]}", "\"nowhere\" is not an IPv4 or IPv6 address"),
        ("a: \"\\uD800\"", "the YAML is broken"), ("a: b: c", "the YAML is broken"),
        ("--- 1\n--- 2", "the YAML is broken"), ("\u{1}", "the YAML is broken"),
    ])
    func `what is no policy gets one clear answer`(text: String, problem: String) {
        let lines = faults(text)
        #expect(lines.contains { $0.contains(problem) }, "\(lines)")
    }

    @Test func `quotes and comments may hold what looks like an anchor`() throws {
        #expect(try read("# a & b, *c\ndefaultClass: \"standard\" # &x\n").defaultClass == "standard")
    }

    @Test func `deep nesting is refused`() {
        let deep = "a: " + String(repeating: "[", count: 100_000)
        #expect(faults(deep).contains { $0.contains("the YAML is broken") })
        let block = (0..<2_000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
        #expect(!faults(block).isEmpty)
    }

    @Test func `no truncation and no flipped bit crashes`() throws {
        let file = try PackageFiles.read(PackageFiles.root + "/policies/mission-critical.yaml")
        for length in stride(from: 0, to: file.bytes.count, by: 7) {
            _ = Result { try PolicyReader.read(DocumentFile(name: "cut", bytes: Array(file.bytes[..<length]))) }
        }
        var bytes = file.bytes
        for position in bytes.indices {
            let bit = UInt8(1) << UInt8(position % 8)
            bytes[position] ^= bit
            let result = Result { try PolicyReader.read(DocumentFile(name: "flipped", bytes: bytes)) }
            if case .failure(let error) = result { #expect(error is InvalidDocument) }
            bytes[position] ^= bit
        }
    }
}

@Suite struct EngineeringPolicyTests {
    private func policy(_ text: String) throws(InvalidDocument) -> Policy {
        try PolicyReader.read(document(text, name: "policy.yaml"))
    }

    @Test func `class types, setup and hold, pools and damping are read, and written back the same`() throws {
        let read = try policy(
            """
            classes:
              - {name: standard, priority: 3}
              - {name: voice, priority: 5, setup: 3, hold: 1, classType: 1}
            admission: {groomingMoves: 1}
            reoptimisation: {afterChangeSeconds: 2.5}
            bandwidthConstraints: {model: rdm, shares: [1, 0.333333]}
            damping: {holdDownSeconds: 1, holdDownSecondsMax: 8, forgetSeconds: 60, growthSeconds: 0}
            rsvpPriorities: [70, 60, 50, 4, 3, 2, 1, 0]
            """)
        #expect(read.bandwidthConstraints == BandwidthConstraints(model: .rdm, shares: [1_000_000, 333_333]))
        let voice = try #require(read.trafficClass(named: "voice"))
        #expect(read.setupLevel(of: voice) == 4)
        #expect(read.holdLevel(of: voice) == 60)
        #expect(voice.classType == 1)
        #expect(read.admission.groomingMoves == 1)
        #expect(read.reoptimisation.afterChangeSeconds == 2.5)
        #expect(read.damping.holdDown(afterFailures: 4) == 4)
        let written = try policy(String(decoding: PolicyWriter.json(read, pretty: false), as: UTF8.self))
        #expect(written == read)
    }

    @Test(arguments: [
        ("classes: [{name: standard, priority: 3, setup: 0}]", "setup stands for 7"),
        ("classes: [{name: standard, priority: 3, hold: 7}]", "hold for 0"),
        ("classes: [{name: standard, priority: 3, classType: 8}]", "8 is out of range"),
        ("bandwidthConstraints: {model: mam}", "\"shares\" is missing"),
        ("bandwidthConstraints: {model: rdm, shares: [0.5, 0.6]}", "do not rise"),
        ("bandwidthConstraints: {model: mam, shares: [1.5]}", "a share from 0 to 1"),
        ("bandwidthConstraints: {model: mam, shares: [1, 1, 1, 1, 1, 1, 1, 1, 1]}", "9 shares"),
        ("rsvpPriorities: [7, 6, 5]", "eight priorities"), ("rsvpPriorities: [0, 1, 2, 3, 4, 5, 6, 7]", "descending"),
    ])
    func `what does not hold together is a fault`(text: String, part: String) {
        do throws(InvalidDocument) {
            _ = try policy(text)
            Issue.record("\(text) was read")
        } catch {
            let lines = error.lines.joined(separator: "\n")
            #expect(lines.contains(part), "\(lines)")
        }
    }
}
