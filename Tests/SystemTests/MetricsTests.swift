// The metrics of a real daemon, read by another implementation's parser.

import Glibc
import SluiceJSON
import Testing

@Suite struct MetricsTests {
    private static let haveParser = parse("") != nil

    /// What prometheus_client (Debian's python3-prometheus-client) makes of `text`: a line for each sample, as
    /// `family type name{label=value} value`; nil where it is not there.
    private static func parse(_ text: String) -> [String]? {
        let program = """
            import sys
            from prometheus_client.parser import text_string_to_metric_families
            for family in text_string_to_metric_families(sys.stdin.read()):
                for sample in family.samples:
                    labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
                    print(family.name, family.type, f"{sample.name}{{{labels}}}", sample.value)
            """
        do {
            let folder = try TemporaryFolder()
            let input = try folder.file("metrics.txt", text)
            let script = try folder.file("parse.py", program)
            let ending = try ChildProcess("/bin/sh", ["-c", "python3 \(script) < \(input)"]).ending()
            return ending.status == 0 ? ending.output.split(separator: "\n").map(String.init) : nil
        } catch {
            return nil
        }
    }

    private func text(_ client: TestClient) throws -> String {
        try #require(try client.call("system.metrics")["result"]?["text"]?.string)
    }

    @Test(.enabled(if: haveParser, "needs python3-prometheus-client"))
    func `another implementation reads what happened`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        for id in 0..<3 {
            _ = try client.call("flow.submit", #"{"id":"f\#(id)","source":"a","destination":"b","bandwidth":3000000}"#)
        }
        _ = try client.call("flow.submit", #"{"source":"a","destination":"b","bandwidth":900000000}"#)
        _ = try client.call("flow.submit", #"{"source":"a","destination":"b","bandwidth":900000000,"dryRun":true}"#)
        _ = try client.call("flow.get", #"{"id":"nobody"}"#)
        _ = try client.call("telemetry.report", #"{"samples":[{"link":"ab>","utilisation":0.25}]}"#)
        _ = try client.call("topology.setLink", #"{"link":"bc","state":"drained"}"#)
        _ = try client.call("optimize.run", #"{"budgetSeconds":0.05}"#)
        let samples = try #require(Self.parse(try text(client)))
        for line in [
            "sluice_decisions counter sluice_decisions_total{outcome=admitted,reason=none} 3.0",
            "sluice_decisions counter sluice_decisions_total{outcome=rejected,reason=no_capacity} 1.0",
            "sluice_decision_seconds histogram sluice_decision_seconds_count{} 6.0",
            "sluice_flows gauge sluice_flows{state=admitted} 3.0",
            "sluice_link_utilisation_ratio gauge sluice_link_utilisation_ratio{link=ab>} 0.25",
            "sluice_link_up gauge sluice_link_up{link=bc>} 0.0", "sluice_link_up gauge sluice_link_up{link=ab>} 1.0",
            "sluice_request_errors counter sluice_request_errors_total{code=flow.unknown} 1.0",
            "sluice_requests counter sluice_requests_total{method=flow.submit} 5.0",
            "sluice_connections gauge sluice_connections{} 1.0",
            "sluice_solve_seconds histogram sluice_solve_seconds_count{} 1.0",
        ] {
            #expect(samples.contains(line), "lacks \(line) in \(samples.filter { $0.hasPrefix(line.prefix(18)) })")
        }
        let reserved = samples.filter { $0.contains("sluice_link_reserved_ratio{link=a") && $0.hasSuffix(" 0.9") }
        #expect(!reserved.isEmpty, "three flows of 3 Mbit/s on links of 10")
        #expect(samples.contains { $0.contains(" sluice_solver_gap_ratio{} ") })
        #expect(samples.contains { $0.contains(" process_resident_memory_bytes{} ") })
    }

    @Test(.enabled(if: access("/usr/bin/promtool", X_OK) == 0, "needs promtool"))
    func `promtool has nothing to say about names, types and help`() throws {
        let daemon = try DaemonUnderTest()
        let client = try daemon.connect()
        _ = try client.call("flow.submit", #"{"id":"f","source":"a","destination":"b","bandwidth":3000000}"#)
        _ = try client.call("telemetry.report", #"{"samples":[{"link":"ab>","utilisation":0.25}]}"#)
        _ = try client.call("optimize.run", #"{"budgetSeconds":0.05}"#)
        let file = try daemon.folder.file("metrics.txt", try text(client))
        let ending = try ChildProcess("/bin/sh", ["-c", "promtool check metrics < \(file)"]).ending()
        #expect(ending.status == 0)
        #expect((ending.output + ending.errors).isEmpty, "\(ending.output)\(ending.errors)")
    }

    @Test(.enabled(if: haveParser, "needs python3-prometheus-client"))
    func `what is no text format would be noticed`() {
        #expect(Self.parse("sluice_flows{state=\"a\" 1\n") == nil)
    }

    @Test func `names and labels follow the conventions, and nothing has a label for each flow`() throws {
        let client = try DaemonUnderTest().connect()
        _ = try client.call("flow.submit", #"{"id":"precious","source":"a","destination":"b","bandwidth":1000}"#)
        let lines = try text(client).split(separator: "\n")
        let allowed: Set<Substring> = [
            "outcome", "reason", "kind", "state", "link", "status", "method", "code", "le",
            "result", "version",
        ]
        for line in lines {
            if line.hasPrefix("# TYPE ") {
                let words = line.split(separator: " ")
                #expect(words[2].hasPrefix("sluice_") || words[2].hasPrefix("process_"))
                #expect((words[3] == "counter") == words[2].hasSuffix("_total"), "\(line)")
            }
            #expect(!line.contains("precious"))
            guard !line.hasPrefix("#"), let open = line.firstIndex(of: "{") else { continue }
            for pair in line[line.index(after: open)...].prefix(while: { $0 != "}" }).split(separator: ",") {
                #expect(allowed.contains(pair.prefix { $0 != "=" }), "\(line)")
            }
        }
    }

    @Test func `with a store the commits are timed`() throws {
        let state = try TemporaryFolder()
        let client = try DaemonUnderTest(state: state.path).connect()
        _ = try client.call("flow.submit", #"{"id":"f","source":"a","destination":"b","bandwidth":3000000}"#)
        let lines = try text(client).split(separator: "\n")
        let count = lines.first { $0.hasPrefix("sluice_journal_commit_seconds_count ") }?.split(separator: " ").last
        #expect((count.flatMap { Int($0) } ?? 0) >= 1)
        #expect(lines.contains("sluice_journal_full 0"))
        withExtendedLifetime(state) {}
    }

    @Test func `sluice metrics prints the text as it is`() throws {
        let daemon = try DaemonUnderTest()
        let ending = try ChildProcess.run("sluice", ["metrics", "--socket", daemon.socketPath])
        #expect(ending.status == 0)
        #expect(ending.output.hasPrefix("# HELP sluice_build_info "), "\(ending.output.prefix(100))")
        #expect(ending.output.hasSuffix("\n"))
    }

    @Test func `a scrape of the loopback listener gets the same text`() throws {
        let daemon = try DaemonUnderTest(arguments: ["--metrics", "127.0.0.1:0"])
        let port = try #require(
            daemon.readyNotice.split(separator: "metrics at 127.0.0.1:").last?.prefix { $0.isNumber })
        func get(_ request: String) throws -> String {
            let ending = try ChildProcess(
                "/bin/sh", ["-c", "printf '\(request)' | socat -t 30 - TCP:127.0.0.1:\(port)"]
            ).ending()
            return ending.output
        }
        let answer = try get("GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
        #expect(answer.contains("\nsluice_build_info{version="))
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1)
        let length = try #require(parts[0].split(separator: "Content-Length: ").last?.prefix { $0.isNumber })
        #expect(Int(length) == parts[1].utf8.count)
        #expect(try get("GET /other HTTP/1.1\\r\\n\\r\\n").hasPrefix("HTTP/1.1 404 Not Found\r\n"))
        #expect(try get("DELETE /metrics HTTP/1.1\\r\\n\\r\\n").hasPrefix("HTTP/1.1 405 "))
    }

    @Test(arguments: ["0.0.0.0:9480", "10.0.0.1:9480", "nonsense"])
    func `metrics are not served to other machines`(address: String) throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("t.json", DaemonUnderTest.triangle)
        let ending = try ChildProcess.run("sluiced", ["--topology", topology, "--metrics", address])
        #expect(ending.status == 2)
        #expect(ending.errors.contains("--metrics: \(address): is no"), "\(ending.errors)")
    }
}
