// `sluice` against a real daemon: what people read, what scripts rely on.

import SluiceJSON
import Testing

@Suite struct CommandTests {
    private func sluice(_ daemon: DaemonUnderTest, _ arguments: String...) throws -> ChildProcess.Ending {
        try ChildProcess.run("sluice", arguments, environment: ["SLUICE_SOCKET": daemon.socketPath])
    }

    @Test func `submit ends with 0 where the flow is admitted and with 1 where it is rejected`() throws {
        let daemon = try DaemonUnderTest()
        let admitted = try sluice(daemon, "submit", "ha", "hb", "--bandwidth", "6Mbit/s", "--id", "video")
        #expect(admitted.status == 0, "\(admitted)")
        #expect(admitted.output.hasPrefix("video: admitted, 6 Mbit/s on ha - a - b - hb"))
        let rejected = try sluice(daemon, "submit", "a", "b", "--bandwidth", "1Gbit/s", "--json")
        #expect(rejected.status == 1)
        let answer = try JSONNode(parsing: Array(rejected.output.utf8))
        #expect(answer["rejection"]?["code"]?.string == "no_capacity")
        let what = try sluice(daemon, "submit", "a", "b", "--bandwidth", "1Gbit/s", "--dry-run")
        #expect(what.status == 1)
        #expect(what.output.contains("would be rejected"))
    }

    @Test(arguments: [
        (["submit", "a", "nowhere", "--bandwidth", "1M"], 2, "node.unknown"),
        (["submit", "a", "b"], 2, "--bandwidth"),
        (["submit", "a", "b", "--bandwidth", "fast"], 2, "fast"),
        (["explain", "nothing"], 2, "flow.unknown"),
        (["link", "ab", "sideways"], 2, "sideways"),
        (["submit", "--file", "/nonexistent.json"], 3, "/nonexistent.json"),
        (["rules", "nowhere"], 2, "switch.unknown"),
        (["nonsense"], 2, "nonsense"),
    ])
    func `what is wrong is said, with its exit code`(arguments: [String], status: Int32, text: String) throws {
        let daemon = try DaemonUnderTest()
        let ending = try ChildProcess.run("sluice", arguments, environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(ending.status == status, "\(ending)")
        #expect(ending.errors.hasPrefix("sluice: "))
        #expect(ending.errors.contains(text), "\(ending.errors)")
        #expect(ending.output.isEmpty)
    }

    @Test func `without a daemon every command ends with 4 and says what to do`() throws {
        for command in [["status"], ["flows"], ["links"], ["rules"], ["optimize"], ["watch"], ["automata"]] {
            let ending = try ChildProcess.run("sluice", command + ["--socket", "/nonexistent/sluice.sock"])
            #expect(ending.status == 4)
            #expect(ending.errors.contains("start sluiced"))
        }
    }

    @Test func `a file of demands is submitted in order, and its summary counts`() throws {
        let daemon = try DaemonUnderTest()
        let file = try daemon.folder.file(
            "demands.json",
            """
            {"demands":[{"id":"one","source":"ha","destination":"hb","bandwidth":"6Mbps","class":"critical"},
                        {"source":"ha","destination":"hc","bandwidth":7000000,"maxLatency":"5ms"},
                        {"id":"huge","source":"a","destination":"b","bandwidth":"1Gbps"}]}
            """)
        let ending = try sluice(daemon, "submit", "--file", file)
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.contains("3 flows: 2 admitted, 1 rejected"), "\(ending.output)")
        #expect(ending.output.contains("d1 "))
    }

    @Test func `the listings show what was done`() throws {
        let daemon = try DaemonUnderTest()
        _ = try sluice(daemon, "submit", "ha", "hb", "--bandwidth", "6M", "--id", "video", "--class", "critical")
        #expect(try sluice(daemon, "flows").output.contains("video  admitted         7  critical"))
        #expect(
            try sluice(daemon, "links").output.contains("60 %") || sluice(daemon, "links").output.contains("60.0 %"))
        #expect(try sluice(daemon, "rules", "b").output.contains("ipv4_dst=10.0.0.2"))
        #expect(try sluice(daemon, "status").output.contains("flows       1 admitted"))
        #expect(try sluice(daemon, "explain", "video").output.contains("Its path is ha - a - b - hb"))
        let down = try sluice(daemon, "link", "ab", "down")
        #expect(down.output.contains("moved video"), "\(down.output)")
        #expect(try sluice(daemon, "telemetry", "ac>", "--utilisation", "0.4").output.contains("accepted"))
        #expect(try sluice(daemon, "telemetry", "zz>", "--utilisation", "0.4").status == 1)
        #expect(try sluice(daemon, "telemetry", "--utilisation", "0.4").status == 2)
        let counts = try sluice(daemon, "telemetry").output
        #expect(counts.contains("refused: unknown_link") && counts.contains("not listening"), "\(counts)")
        let optimized = try sluice(daemon, "optimize", "--budget", "100ms", "--json")
        #expect(try JSONNode(parsing: Array(optimized.output.utf8))["status"]?.string != nil)
        #expect(try sluice(daemon, "withdraw", "video").output.contains("video: withdrawn"))
        #expect(try sluice(daemon, "flows", "--state", "admitted").output == "no flows\n")
        #expect(try sluice(daemon, "reload").output.contains("policy: none"))
    }

    @Test func `watch prints events as they happen`() throws {
        let daemon = try DaemonUnderTest()
        let watch = try ChildProcess(
            try ChildProcess.program("sluice"), ["watch", "--kind", "link.changed", "--count", "1", "--json"],
            environment: ["SLUICE_SOCKET": daemon.socketPath])
        // The link goes up and down until the watcher, which starts in its own time, has seen it and ended.
        let client = try daemon.connect()
        repeat {
            for state in ["down", "up"] {
                _ = try client.call("topology.setLink", #"{"link":"ab","state":"\#(state)"}"#)
            }
        } while !watch.hasOutput
        let ending = try watch.ending()
        #expect(ending.status == 0)
        #expect(try JSONNode(parsing: Array(ending.output.utf8))["kind"]?.string == "link.changed")
    }

    @Test func `version and help end with 0`() throws {
        #expect(try ChildProcess.run("sluice", ["--version"]).output == "0.1.0\n")
        try expectHelp(of: [])
    }

    /// Every command has examples in its help, on lines that are not broken; so have its subcommands, but for the kinds of
    /// generated networks, whose examples stand together.
    private func expectHelp(of command: [String]) throws {
        let help = try ChildProcess.run("sluice", command + ["--help"])
        #expect(help.status == 0)
        let lines = help.output.split(separator: "\n", omittingEmptySubsequences: false)
        let start = lines.firstIndex { $0 == "Examples:" || $0 == "Example:" }
        let examples = try #require(start.map { lines[($0 + 1)...].prefix { !$0.hasPrefix("USAGE") } }, "\(command)")
        #expect(examples.allSatisfy { $0.isEmpty || $0.hasPrefix("  ") }, "\(command): \(examples)")
        guard command != ["topology", "generate"], let list = lines.firstIndex(of: "SUBCOMMANDS:") else { return }
        for line in lines[(list + 1)...] where line.hasPrefix("  ") && line.dropFirst(2).first?.isLetter == true {
            guard let name = line.split(separator: " ").first, name != "See" else { continue }
            try expectHelp(of: command + [String(name)])
        }
    }

    @Test func `a command that is not there is answered with the one that was probably meant`() throws {
        for (words, text) in [
            (["flow"], "no command \"sluice flow\" (did you mean \"flows\"?)"),
            (["topology", "vaildate", "x"], "(did you mean \"validate\"?) (sluice topology --help lists them)"),
            (["xyzzy", "--json"], "no command \"sluice xyzzy\" (sluice --help lists them)"),
        ] {
            let ending = try ChildProcess.run("sluice", words)
            #expect(ending.status == 2)
            #expect(ending.errors.contains(text), "\(ending.errors)")
            #expect(ending.output.isEmpty != words.contains("--json"))
        }
    }

    @Test func `what is no socket is called so`() throws {
        let folder = try TemporaryFolder()
        for path in [folder.path, try folder.file("text", "hello")] {
            let ending = try ChildProcess.run("sluice", ["status", "--socket", path])
            #expect(ending.status == 4)
            #expect(ending.errors.contains("this is not a socket"), "\(ending.errors)")
        }
    }

    @Test(arguments: [
        ["solve", "x.json", "--max-moves", "-1"], ["optimize", "--budget", "-1s"], ["flows", "--limit", "-3"],
        ["topology", "generate", "ring", "--nodes", "-4"], ["capture", "flows", "x.pcap", "--window", "-1"],
        ["capture", "generate", "--flows", "-1", "--output", "x"],
    ])
    func `a negative number is what is wrong, not that there is none`(command: [String]) throws {
        let ending = try ChildProcess.run(
            "sluice", command, environment: ["SLUICE_SOCKET": "/nonexistent/control.sock"])
        // Where the daemon is to judge it, there is none here.
        #expect(ending.status == 2 || ending.status == 4 || ending.status == 3, "\(ending)")
        #expect(!ending.errors.contains("Missing value"), "\(ending.errors)")
    }
}
