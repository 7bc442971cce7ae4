// The exit codes that scripts rely on: 0 an answer, 1 the answer is no, 2 usage, 3 an input file, 4 no daemon.

import Glibc
import SluiceJSON
import Testing

@Suite struct ExitCodeTests {
    private static let demands = """
        {"demands":[{"id":"one","source":"a","destination":"b","bandwidth":"6Mbps"},
                    {"id":"huge","source":"a","destination":"b","bandwidth":"1Gbps"}]}
        """

    private static func abilene() throws -> String {
        try readText(PackageFiles.path("topologies/abilene.json"))
    }

    /// FILE stands for a demands file one of whose flows cannot be admitted, BROKEN for one with faults.
    static let table: [(arguments: [String], status: Int32)] = [
        (["status"], 0),
        (["submit", "a", "c", "--bandwidth", "1M", "--dry-run"], 0),
        (
            ["submit", "ha", "hc", "--bandwidth", "1M", "--match", "tcp_dst=0x50,ipv4_src=10.0.0.1,ipv4_dst=10.0.0.3"],
            0
        ),
        (["submit", "a", "b", "--bandwidth", "1M", "--start-time", "2199-01-01T00:00:00Z"], 0),
        (["submit", "--file", "FILE"], 0),
        (["update", "video", "--bandwidth", "3M"], 0),
        (["withdraw", "video", "audio"], 0),
        (["explain", "video"], 0),
        (["flows", "--state", "rejected"], 0),
        (["links", "--busiest", "1"], 0),

        (["submit", "a", "b", "--bandwidth", "1G"], 1),
        (["submit", "a", "b", "--bandwidth", "1G", "--dry-run"], 1),
        (["submit", "--file", "FILE", "--atomic"], 1),
        (["submit", "--file", "FILE", "--dry-run"], 1),
        (["update", "video", "--bandwidth", "1G"], 1),
        (["submit", "a", "b", "--bandwidth", "1M", "--id", "video"], 1),

        (["submit", "a", "b"], 2),
        (["submit", "a", "b", "--bandwidth", "-5M"], 2),
        (["submit", "a", "b", "--bandwidth", "1M", "--match", "tcp_dst"], 2),
        (["submit", "a", "b", "--bandwidth", "1M", "--match", "tcp_dst=100000"], 2),
        (["submit", "a", "b", "--bandwidth", "1M", "--exclude", "gold"], 2),
        (["submit", "a", "b", "--bandwidth", "1M", "--start-time", "tomorrow"], 2),
        (["submit", "a", "nowhere", "--bandwidth", "1M"], 2),
        (["submit", "--file", "FILE", "--id", "x"], 2),
        (["update", "video"], 2),
        (["update", "nothing", "--bandwidth", "1M"], 2),
        (["withdraw", "video", "nothing", "audio"], 2),
        (["explain", "nothing"], 2),
        (["links", "--busiest", "0"], 2),

        (["submit", "--file", "/nonexistent.json"], 3),
        (["submit", "--file", "BROKEN"], 3),
        (["topology", "show", "/nonexistent.json"], 3),

        (["status", "--socket", "/nonexistent/sluice.sock"], 4),
        (["update", "video", "--bandwidth", "1M", "--socket", "/nonexistent/sluice.sock"], 4),
    ]

    @Test(arguments: table)
    func `each ending has its code, and with --json one document`(arguments: [String], status: Int32) throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        for id in ["video", "audio"] {
            _ = try client.call(
                "flow.submit",
                #"{"id":"\#(id)","source":"ha","destination":"\#(id == "video" ? "hb" : "hc")","bandwidth":2}"#)
        }
        let file = try daemon.folder.file("demands.json", Self.demands)
        let broken = try daemon.folder.file(
            "broken.json", Self.demands.split(separator: "huge").joined(separator: "one"))
        let given = arguments.map { $0 == "FILE" ? file : $0 == "BROKEN" ? broken : $0 }
        let ending = try ChildProcess.run(
            "sluice", given + ["--json"], environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(ending.status == status, "\(ending)")
        let document = try JSONNode(parsing: Array(ending.output.utf8))
        if status >= 2, document.array == nil {
            #expect(document["error"]?["message"]?.string?.isEmpty == false, "\(ending.output)")
            #expect(ending.errors.hasPrefix("sluice: "))
        }
    }

    @Test func `withdraw goes on after a flow that it cannot withdraw, and reports each`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        for id in ["a1", "a2"] {
            _ = try client.call("flow.submit", #"{"id":"\#(id)","source":"a","destination":"b","bandwidth":2}"#)
        }
        let ending = try ChildProcess.run(
            "sluice", ["withdraw", "a1", "zz", "a2"], environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(ending.status == 2)
        #expect(ending.output.contains("a1: withdrawn") && ending.output.contains("a2: withdrawn"))
        #expect(ending.errors.contains("zz") && ending.errors.contains("flow.unknown"))
    }

    @Test func `a wrong name is answered with the one that was probably meant`() throws {
        let daemon = try DaemonUnderTest(
            topology: try Self.abilene())
        let client = try daemon.connect()
        let unknown = #"{"source":"seattle","destination":"newyork","bandwidth":1}"#
        let single = try client.call("flow.submit", unknown)["error"]
        #expect(single?["data"]?["didYouMean"]?.string == "new-york")
        #expect(single?["message"]?.string?.contains("did you mean \"new-york\"?") == true)
        // In a batch the error is the same, with the same facts.
        let batch = try client.call("flow.submitBatch", #"{"flows":[\#(unknown)]}"#)
        let inBatch = try #require(batch["result"]?["results"]?.array?.first?["error"])
        #expect(Answers.comparable(inBatch) == single.map(Answers.comparable))
        let link = try client.call("topology.setLink", #"{"link":"denver-kansascity","state":"up"}"#)["error"]
        #expect(link?["data"]?["didYouMean"]?.string == "denver--kansas-city")
    }

    @Test func `the reason of a refusal is told in sentences, with what is in the way and what would help`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"big","source":"a","destination":"b","bandwidth":30000000}"#)
        let explained = try ChildProcess.run(
            "sluice", ["explain", "big"], environment: ["SLUICE_SOCKET": daemon.socketPath])
        #expect(explained.output.contains("It was refused (no_capacity): no path has room"), "\(explained.output)")
        #expect(explained.output.contains("had 10 Mbit/s left of 10 Mbit/s, and 30 Mbit/s were needed."))
        #expect(explained.output.contains("It would have fitted if it asked for at most 10 Mbit/s."))
    }

    @Test func `a second path is shown`() throws {
        let daemon = try DaemonUnderTest()
        let environment = ["SLUICE_SOCKET": daemon.socketPath]
        let submitted = try ChildProcess.run(
            "sluice", ["submit", "a", "b", "--bandwidth", "1M", "--protection", "linkDisjoint", "--id", "safe"],
            environment: environment)
        #expect(submitted.output.contains("second path: ac> bc<"), "\(submitted.output)")
        let explained = try ChildProcess.run("sluice", ["explain", "safe"], environment: environment)
        #expect(explained.output.contains("Its second path is ac> bc<."), "\(explained.output)")
    }

    @Test func `policy apply puts a file's policy in force, and a faulty one changes nothing`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        let environment = ["SLUICE_SOCKET": daemon.socketPath]
        let applied = try ChildProcess.run(
            "sluice", ["policy", "apply", PackageFiles.path("policies/mission-critical.yaml")],
            environment: environment)
        #expect(applied.status == 0, "\(applied)")
        let present = try #require(try client.call("policy.get")["result"]?["policy"])
        let shown = try ChildProcess.run(
            "sluice", ["policy", "show", "--json", PackageFiles.path("policies/mission-critical.yaml")])
        #expect(Answers.comparable(present) == Answers.comparable(try JSONNode(parsing: Array(shown.output.utf8))))
        let refused = try client.call("policy.replace", #"{"policy":{"unadmitted":"maybe","clases":[]}}"#)["error"]
        #expect(refused?["data"]?["code"]?.string == "document.invalid")
        #expect(refused?["data"]?["faults"]?.array?.count == 2, "\(String(describing: refused))")
        let broken = try daemon.folder.file("broken.yaml", "unadmitted: maybe\n")
        let unusable = try ChildProcess.run("sluice", ["policy", "apply", broken], environment: environment)
        #expect(unusable.status == 3)
        let still = try #require(try client.call("policy.get")["result"]?["policy"])
        #expect(Answers.comparable(still) == Answers.comparable(present))
    }

    /// In an order in which they make sense one after the other.
    @Test func `the examples of the help can be pasted on Abilene`() throws {
        let daemon = try DaemonUnderTest(topology: try Self.abilene())
        let demands = try daemon.folder.file(
            "demands.json", #"{"demands":[{"source":"denver","destination":"houston","bandwidth":1}]}"#)
        let commands = [
            "submit", "status", "flows", "explain", "update", "links", "link", "rules", "automata", "telemetry",
            "optimize", "reload", "withdraw",
        ]
        for command in commands {
            let help = try ChildProcess.run("sluice", [command, "--help"]).output
            let examples = help.split(separator: "\n").map { $0.drop { $0 == " " } }.filter {
                $0.hasPrefix("sluice \(command)")
            }
            #expect(!examples.isEmpty, "\(command)")
            for example in examples {
                let words = example.split(separator: " ").dropFirst().map { word in
                    word == "demands.json" ? demands : word.filter { $0 != "'" }
                }
                let ending = try ChildProcess.run(
                    "sluice", Array(words), environment: ["SLUICE_SOCKET": daemon.socketPath])
                // A dry run may well be answered with no.
                let wanted: [Int32] = example.contains("--dry-run") ? [0, 1] : [0]
                #expect(wanted.contains(ending.status), "\(example): \(ending)")
            }
        }
    }
}
