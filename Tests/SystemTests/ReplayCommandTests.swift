// `sluice replay` and `sluice capture` as people run them: on files, to reports, against a daemon.

import Glibc
import SluiceJSON
import Testing

@Suite struct ReplayCommandTests {
    /// A folder with `topology.json`, the triangle, and `trace.pcap`, made-up traffic between its hosts.
    private func folder(flows: Int = 150, seconds: Int = 20) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        _ = try folder.file("topology.json", DaemonUnderTest.triangle)
        let ending = try ChildProcess.run(
            "sluice",
            [
                "capture", "generate", "--flows", "\(flows)", "--seconds", "\(seconds)", "--topology",
                folder.path + "/topology.json", "--output", folder.path + "/trace.pcap",
            ])
        #expect(ending.status == 0, "\(ending)")
        return folder
    }

    private func replay(_ folder: TemporaryFolder, _ options: [String]) throws -> ChildProcess.Ending {
        try ChildProcess.run(
            "sluice", ["replay", folder.path + "/trace.pcap", "--topology", folder.path + "/topology.json"] + options)
    }

    private func contents(of file: String) throws -> String {
        guard let stream = fopen(file, "r") else { throw SystemTestFailure("\(file) is not there") }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The document without its `measured` member, which stands last.
    private func decided(_ text: String) throws -> String {
        let marker = "\n  \"measured\": {"
        guard let place = text.split(separator: marker, omittingEmptySubsequences: false).first,
            place.count < text.count
        else { throw SystemTestFailure("no measured object in \(text.prefix(200))") }
        return String(place)
    }

    @Test func `one run compares five schemes and the optimum, and says the same again`() throws {
        let folder = try folder()
        let files = ["--csv", folder.path + "/a.csv"]
        let first = try replay(folder, ["--compare", "--scale", "8", "--json"] + files)
        #expect(first.status == 0, "\(first.errors)")
        let sheet = try contents(of: folder.path + "/a.csv")
        let again = try replay(folder, ["--compare", "--scale", "8", "--json"] + files)
        #expect(try decided(again.output) == decided(first.output))
        #expect(try contents(of: folder.path + "/a.csv") == sheet)
        let root = try JSONNode(parsing: Array(first.output.utf8))
        let names = root["schemes"]?.array?.compactMap { $0["name"]?.string }
        #expect(
            names == ["shortest-path", "ecmp", "constrained-shortest-path", "sluice-without-learning", "sluice"])
        let intervals = try #require(root["intervals"]?.array)
        #expect(intervals.count == 24)
        for scheme in root["schemes"]?.array ?? [] {
            for (interval, mine) in zip(intervals, scheme["intervals"]?.array ?? []) {
                let (bound, carried) = (interval["optimumBound"]?.integer ?? -1, mine["weightCarried"]?.integer ?? -1)
                #expect(carried >= 0 && carried <= bound)
            }
        }
        let lines = sheet.split(separator: "\r\n")
        #expect(lines[0].hasPrefix("interval,startSeconds,"))
        let columns = lines[0].split(separator: ",").count
        #expect(
            lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == columns })
        #expect(lines.count == 1 + 24 * (5 * 5 + 1), "five schemes of four classes and their sums, and the optimum")
    }

    @Test func `the browser report has everything in it and nothing to load`() throws {
        let folder = try folder()
        let ending = try replay(folder, ["--scale", "8", "--html", folder.path + "/report.html"])
        #expect(ending.status == 0, "\(ending.errors)")
        #expect(ending.output.contains("OF OPTIMUM"))
        let page = try contents(of: folder.path + "/report.html")
        for wanted in [
            "<!DOCTYPE html>", "Weight carried, against the optimum", "standard (priority 3)", "Path moves",
            "Mean share of each link", "Refusals by reason", "Microseconds of one decision", "@media print",
            "flows admitted on arrival",
        ] {
            #expect(page.contains(wanted), "\(wanted)")
        }
        for unwanted in ["<script", "src=", "href=\"http", "@import", "url(http", "NaN", "nan,", "inf"] {
            let found = page.contains(unwanted)
            #expect(!found, "\(unwanted)")
        }
        #expect(page.split(separator: "<svg").count == page.split(separator: "</svg>").count)
    }

    @Test func `standard error stays quiet where it is no terminal`() throws {
        let folder = try folder(flows: 20)
        let policy = try folder.file(
            "policy.yaml",
            """
            classes:
              - {name: web, priority: 4, matches: [{tcp_dst: 443}]}
              - {name: rest, priority: 2}
            defaultClass: rest
            """)
        #expect(try replay(folder, ["--compare", "--policy", policy]).errors == "")
    }

    @Test func `on a terminal a bar shows the rate and the time left, and goes away`() throws {
        let folder = try folder(flows: 1_200, seconds: 40)
        // script(1) gives the command a terminal for both of its streams.
        let command =
            "\(try ChildProcess.program("sluice")) replay \(folder.path)/trace.pcap --topology \(folder.path)/topology.json"
        let ending = try ChildProcess("/usr/bin/script", ["-qec", command, "/dev/null"]).ending()
        #expect(ending.status == 0)
        #expect(ending.output.contains("reading: ["))
        #expect(ending.output.contains("packets/s, "))
        #expect(ending.output.contains(" left"))
        let last = ending.output.split(separator: "\u{1b}[K").last ?? ""
        #expect(!last.contains(" left"), "nothing of the bar stays on the screen")
    }

    @Test func `a policy whose classes match nothing is said so, and everything is of its default class`() throws {
        let folder = try folder(flows: 30)
        let policy = try folder.file(
            "policy.yaml",
            """
            classes:
              - {name: rare, priority: 4, matches: [{tcp_dst: 1}]}
              - {name: rest, priority: 2}
            defaultClass: rest
            """)
        let ending = try replay(folder, ["--policy", policy, "--json"])
        #expect(ending.status == 0)
        #expect(ending.errors.contains("no class of the policy matches any flow"), "\(ending.errors)")
        let classes = try JSONNode(parsing: Array(ending.output.utf8))["schemes"]?.array?.first?["classes"]?.array
        #expect(classes?.map { $0["offered"]?.integer == 0 } == [true, false])
    }

    @Test func `flows by host pair are fewer and add up to the same bytes`() throws {
        let folder = try folder(flows: 60)
        func volumes(_ kind: String) throws -> (count: Int, bits: Int) {
            let ending = try replay(folder, ["--flows-by", kind, "--json"])
            #expect(ending.status == 0, "\(ending)")
            let root = try JSONNode(parsing: Array(ending.output.utf8))
            let scheme = try #require(root["schemes"]?.array?.first)
            return (scheme["offered"]?.integer ?? 0, scheme["bitsOffered"]?.integer ?? 0)
        }
        let (tuples, pairs) = (try volumes("five-tuple"), try volumes("host-pair"))
        // 60 five-tuples between three hosts: six pairs, but a pair may fall silent and return.
        #expect(tuples.count == 60)
        #expect(pairs.count >= 6 && pairs.count < 60)
        // Rates round up to whole bits in every stretch.
        #expect(abs(tuples.bits - pairs.bits) * 1_000 <= tuples.bits)
    }

    @Test func `a prefix can be given a place`() throws {
        let folder = try folder(flows: 30)
        // All three hosts at one place: nothing to ask of the network.
        let ending = try replay(folder, ["--place", "10.0.0.0/29=a", "--json"])
        #expect(ending.status == 0, "\(ending)")
        let unmoved = try JSONNode(parsing: Array(ending.output.utf8))
        #expect(unmoved["traffic"]?["flows"]?.integer == 30, "a host's own address is longer than the prefix")
        let wrong = try replay(folder, ["--place", "10.0.0.0/29=nowhere"])
        #expect(wrong.status == 2)
        #expect(wrong.errors.contains("nowhere"))
    }

    @Test(arguments: [
        ["--intervals", "0"], ["--telemetry", "-1"], ["--speed", "2"], ["--flows-by", "colour"],
        ["--prefix-lengths", "33,64"], ["--place", "10.0.0.0/8"], ["--percentile", "0"], ["--fail", "ab"],
        ["--fail", "nothing@3"], ["--socket", "/nonexistent", "--compare"], ["--rate", "fast"], ["--scale", "-1"],
        ["--scale", "nan"], ["--links", "-1"], ["--html", "-"], ["--csv", "-"], ["--html", "x", "--csv", "x"],
    ])
    func `what cannot be meant is a usage error`(options: [String]) throws {
        let folder = try folder(flows: 2)
        let ending = try replay(folder, options)
        #expect(ending.status == 2, "\(ending)")
        #expect(ending.errors.hasPrefix("sluice: "))
        #expect(ending.errors.contains(options[0]), "\(ending.errors)")
        #expect(ending.output.isEmpty)
    }

    @Test func `a daemon is asked in real time, and holds nothing afterwards`() throws {
        let daemon = try DaemonUnderTest()
        let folder = try folder(flows: 80)
        let ending = try replay(
            folder, ["--socket", daemon.socketPath, "--speed", "max", "--scale", "8", "--json"])
        #expect(ending.status == 0, "\(ending.errors)")
        let root = try JSONNode(parsing: Array(ending.output.utf8))
        let scheme = try #require(root["schemes"]?.array?.first)
        #expect(scheme["name"]?.string == "live")
        #expect(scheme["offered"]?.integer == 80)
        let (admitted, refused) = (scheme["admitted"]?.integer ?? 0, scheme["refused"]?.integer ?? 0)
        #expect(admitted > 0 && refused > 0, "\(admitted) admitted, \(refused) refused")
        let client = try daemon.connect()
        let left = try client.call("flow.list")["result"]?["flows"]?.array
        #expect(left?.isEmpty == true)
        let links = try client.call("topology.get")["result"]?["links"]?.array ?? []
        #expect(!links.isEmpty && links.allSatisfy { $0["reserved"]?.integer == 0 })
    }

    @Test func `in real time a flow is there while its packets are, scaled`() throws {
        let daemon = try DaemonUnderTest()
        let folder = try folder(flows: 12, seconds: 4)
        let watcher = try daemon.connect()
        _ = try watcher.call("events.subscribe", #"{"kinds":["flow.admitted","flow.withdrawn"]}"#)
        let ending = try replay(folder, ["--socket", daemon.socketPath, "--speed", "40", "--json"])
        #expect(ending.status == 0, "\(ending.errors)")
        let root = try JSONNode(parsing: Array(ending.output.utf8))
        let seconds = root["measured"]?["schemes"]?.array?.first?["seconds"]?.number ?? 0
        let captured = root["durationSeconds"]?.number ?? .infinity
        // What is measured begins a little after the clock of the replay.
        #expect(seconds >= captured / 40 * 0.95, "\(seconds) s for \(captured) s at 40 times the speed")
        let first = try watcher.answer()
        #expect(first["params"]?["flow"]?.string?.hasPrefix("replay-f") == true, "\(first)")
    }

    @Test func `without a daemon a live replay ends with 4`() throws {
        let folder = try folder(flows: 2)
        let ending = try replay(folder, ["--socket", folder.path + "/none.sock"])
        #expect(ending.status == 4)
        #expect(ending.errors.contains("start sluiced"))
    }

    @Test func `a live replay of another policy's classes is refused before anything is submitted`() throws {
        let daemon = try DaemonUnderTest()
        let folder = try folder(flows: 2)
        let policy = try folder.file("policy.yaml", "classes:\n  - {name: mine, priority: 2}\ndefaultClass: mine\n")
        let ending = try replay(folder, ["--socket", daemon.socketPath, "--policy", policy])
        #expect(ending.status == 2)
        #expect(ending.errors.contains("no class \"mine\""), "\(ending.errors)")
    }
}

@Suite struct StreamedCaptureTests {
    @Test func `two million packets through standard input need no more memory than twenty thousand`() throws {
        let ending = try ChildProcess.run(
            "sluice-bench", ["replay", "--only", "streaming", "--streamed", "2000000"])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.hasPrefix("pass   2000000 packets through standard input"), "\(ending.output)")
    }

    @Test func `twice the packets of as many flows need no more memory`() throws {
        let ending = try ChildProcess.run("sluice-bench", ["replay", "--only", "flows", "--flows", "30000"])
        #expect(ending.status == 0, "\(ending)")
        #expect(ending.output.hasPrefix("pass   30000 flows over time"), "\(ending.output)")
    }

    @Test func `a capture is read from standard input as from its file`() throws {
        let command = """
            sluice capture generate --flows 50 --seconds 5 --output "$1"/t.pcap
            sluice capture summary --json "$1"/t.pcap > "$1"/file.json
            sluice capture generate --flows 50 --seconds 5 | sluice capture summary --json - | cmp - "$1"/file.json
            """
        let folder = try TemporaryFolder()
        let program = try ChildProcess.program("sluice")
        let place = program.split(separator: "/").dropLast().joined(separator: "/")
        let ending = try ChildProcess(
            "/bin/bash", ["-ec", "PATH=/\(place):$PATH\n" + command, "test", folder.path]
        ).ending()
        #expect(ending.status == 0, "\(ending)")
    }
}

@Suite struct BadCaptureTests {
    /// Bytes of a classic capture's header for `linkType`, and of one record's.
    private static func header(linkType: UInt8 = 1) -> [UInt8] {
        [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, linkType, 0, 0, 0]
    }
    private static let arp: [UInt8] =
        [255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
        + [UInt8](repeating: 1, count: 20)

    private func file(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/bad.pcap"
        guard let file = fopen(path, "w") else { throw SystemTestFailure("cannot write \(path)") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        return path
    }

    /// The three commands that read captures.
    private func commands(_ capture: String, _ folder: TemporaryFolder) throws -> [[String]] {
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        return [
            ["capture", "summary", capture], ["capture", "demands", capture, "--topology", topology],
            ["replay", capture, "--topology", topology],
        ]
    }

    @Test(
        arguments: [
            ([], "the file is empty"), (Array("just some text, no capture\n".utf8), "neither pcap nor pcapng"),
            ([0xd4], "neither pcap nor pcapng"), (Array(header().prefix(20)), "cut off after 20 bytes"),
            (header(linkType: 105), "IEEE802_11"), (header(linkType: 105), "link type 105"),
        ] as [([UInt8], String)])
    func `a file that is no capture is said to be none, with code 3`(bytes: [UInt8], text: String) throws {
        let folder = try TemporaryFolder()
        for command in try commands(try file(bytes, in: folder), folder) {
            let ending = try ChildProcess.run("sluice", command)
            #expect(ending.status == 3, "\(command) \(ending)")
            #expect(ending.errors.contains(text), "\(ending.errors)")
            #expect(ending.errors.contains("bad.pcap"))
            #expect(ending.output.isEmpty)
        }
    }

    @Test func `a directory and a missing file are named, with code 3`() throws {
        let folder = try TemporaryFolder()
        for (path, text) in [(folder.path, "is a directory"), (folder.path + "/none", "No such file")] {
            for command in try commands(path, folder) {
                let ending = try ChildProcess.run("sluice", command)
                #expect(ending.status == 3)
                #expect(ending.errors.contains(text) && ending.errors.contains(path), "\(ending.errors)")
            }
        }
    }

    @Test func `a capture of one ARP packet is a capture without flows`() throws {
        let folder = try TemporaryFolder()
        let length = UInt8(Self.arp.count)
        let record: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, length, 0, 0, 0, length, 0, 0, 0] + Self.arp
        let commands = try commands(try file(Self.header() + record, in: folder), folder)
        let summary = try ChildProcess.run("sluice", commands[0] + ["--json"])
        #expect(summary.status == 0)
        let root = try JSONNode(parsing: Array(summary.output.utf8))
        #expect(root["packets"]?.integer == 1)
        #expect(root["packetsNotIP"]?.integer == 1)
        #expect(root["unidirectionalFlows"]?.integer == 0)
        let demands = try ChildProcess.run("sluice", commands[1])
        #expect(demands.status == 0 && demands.errors.contains("no IP packets"))
        let replay = try ChildProcess.run(
            "sluice", commands[2] + ["--compare", "--html", folder.path + "/report.html"])
        #expect(replay.status == 0 && replay.errors.contains("no IP packets"), "\(replay)")
    }

    @Test func `a 4 GiB length ends the reading with its offset, and with 3 where that is asked for`() throws {
        let folder = try TemporaryFolder()
        let length = UInt8(Self.arp.count)
        let good: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, length, 0, 0, 0, length, 0, 0, 0] + Self.arp
        let bad: [UInt8] = [2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3]
        for command in try commands(try file(Self.header() + good + bad, in: folder), folder) {
            let lenient = try ChildProcess.run("sluice", command)
            #expect(lenient.status == 0)
            #expect(lenient.errors.contains("damaged: record at byte \(24 + 16 + Self.arp.count)"), "\(lenient.errors)")
            #expect(try ChildProcess.run("sluice", command + ["--strict"]).status == 3)
        }
    }

    @Test func `the damaged captures of other projects give an answer or a clear error`() throws {
        let parts = #filePath.split(separator: "/").dropLast(3)
        let shared = "/" + parts.joined(separator: "/") + "/../shared/data/pcap/"
        guard access(shared, R_OK) == 0 else {
            print("skipped: ../shared/data/pcap is not there")
            return
        }
        let folder = try TemporaryFolder()
        for (name, status) in [
            ("zeek__ipv4-truncated-broken-header.pcap", 0), ("zeek__mpls-6in6-6in6-4in6-trunc.pcap", 0),
            ("suri__bug-6875-01-fuzz.pcap", 0), ("suri__smtp-corrupt-record.pcap", 0),
            ("ndpi__fuzz-2021-10-13.pcap", 0), ("ndpi__fuzz-2006-06-26-2594.pcap", 0),
            ("lpc__shb-option-too-long.pcapng", 0), ("lpc__pcap-invalid-version-1.pcap", 3),
            ("lpc__pcapng-invalid-vers-1.pcapng", 3),
        ] as [(String, Int32)] {
            for command in try commands(shared + name, folder) {
                let ending = try ChildProcess.run("sluice", command)
                #expect(ending.status == status, "\(name) \(ending)")
                #expect(status == 0 || ending.errors.contains(name))
            }
        }
    }
}
