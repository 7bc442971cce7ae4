// What people do with captures beyond the ordinary: odd formats, several files, filters, streams, nowhere to write to.

import Glibc
import SluiceJSON
import Testing

@Suite struct CaptureCommandTests {
    // MARK: pcapng by hand

    private static func little32(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        let padded = body + [UInt8](repeating: 0, count: (4 - body.count % 4) % 4)
        let length = little32(UInt32(padded.count + 12))
        return little32(type) + length + padded + length
    }

    private static let section = block(
        0x0a0d_0d0a, little32(0x1a2b_3c4d) + [1, 0, 0, 0] + [UInt8](repeating: 255, count: 8))

    private static func interface(linkType: UInt8) -> [UInt8] { block(1, [linkType, 0, 0, 0, 0, 0, 0, 0]) }

    /// One UDP packet from 10.0.0.1 to 10.0.0.2, or so many bytes that are no packet.
    private static func packet(interface: UInt8) -> [UInt8] {
        let ethernet: [UInt8] = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0]
        let internet: [UInt8] = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        let bytes = ethernet + internet + [0, 53, 0, 54, 0, 8, 0, 0]
        let size = little32(UInt32(bytes.count))
        // A second after 1970, in microseconds.
        let head: [UInt8] = [interface, 0, 0, 0, 0, 0, 0, 0, 64, 66, 15, 0]
        return block(6, head + size + size + bytes)
    }

    private func capture(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/odd.pcapng"
        guard let file = fopen(path, "w") else { throw SystemTestFailure("cannot write \(path)") }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        return path
    }

    /// The four commands that read captures.
    private func commands(_ capture: String, _ folder: TemporaryFolder) throws -> [[String]] {
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        return [
            ["capture", "summary", capture], ["capture", "flows", capture],
            ["capture", "demands", capture, "--topology", topology], ["replay", capture, "--topology", topology],
        ]
    }

    private func generate(_ name: String, in folder: TemporaryFolder, seed: Int) throws -> String {
        let path = folder.path + "/" + name
        let ending = try ChildProcess.run(
            "sluice",
            ["capture", "generate", "--flows", "40", "--seconds", "20", "--seed", "\(seed)", "--output", path])
        #expect(ending.status == 0, "\(ending)")
        return path
    }

    private func document(_ arguments: [String]) throws -> JSONNode {
        let ending = try ChildProcess.run("sluice", arguments)
        #expect(ending.status == 0, "\(ending)")
        return try JSONNode(parsing: Array(ending.output.utf8))
    }

    // MARK: Formats

    @Test func `a pcapng of nothing but an unsupported link type is refused by its name`() throws {
        let folder = try TemporaryFolder()
        let file = try capture(Self.section + Self.interface(linkType: 105) + Self.packet(interface: 0), in: folder)
        for command in try commands(file, folder) {
            let ending = try ChildProcess.run("sluice", command)
            #expect(ending.status == 3, "\(command)")
            #expect(ending.errors.contains("link type 105 (IEEE802_11) is not supported"), "\(ending.errors)")
            #expect(ending.output.isEmpty)
        }
    }

    @Test func `packets of an unsupported link type beside others are named, and the others count`() throws {
        let folder = try TemporaryFolder()
        let file = try capture(
            Self.section + Self.interface(linkType: 1) + Self.interface(linkType: 105) + Self.packet(interface: 0)
                + Self.packet(interface: 1), in: folder)
        for command in try commands(file, folder) {
            let ending = try ChildProcess.run("sluice", command)
            #expect(ending.status == 0, "\(ending)")
            #expect(ending.errors.contains("105 (IEEE802_11), count as not IP: 1"), "\(command) \(ending.errors)")
        }
        let summary = try document(["capture", "summary", "--json", file])
        #expect(summary["packets"]?.integer == 2)
        #expect(summary["unidirectionalFlows"]?.integer == 1)
    }

    @Test func `a 4 GiB block ends the reading with its offset, and with 3 where that is asked for`() throws {
        let folder = try TemporaryFolder()
        let good = Self.section + Self.interface(linkType: 1) + Self.packet(interface: 0)
        let file = try capture(good + Self.little32(6) + Self.little32(0xffff_fffc) + [1, 2, 3, 4], in: folder)
        for command in try commands(file, folder) {
            let lenient = try ChildProcess.run("sluice", command)
            #expect(lenient.status == 0, "\(lenient)")
            #expect(lenient.errors.contains("damaged: record at byte \(good.count): "), "\(lenient.errors)")
            #expect(try ChildProcess.run("sluice", command + ["--strict"]).status == 3)
        }
    }

    // MARK: Several files, filters, streams

    @Test func `several captures are one in time order, whatever order they are named in`() throws {
        let folder = try TemporaryFolder()
        let (one, two) = (try generate("1.pcap", in: folder, seed: 1), try generate("2.pcap", in: folder, seed: 2))
        let options = ["--limit", "0", "--json"]
        let forth = try ChildProcess.run("sluice", ["capture", "flows", one, two] + options)
        let back = try ChildProcess.run("sluice", ["capture", "flows", two, one] + options)
        #expect(forth.status == 0 && forth.output == back.output)
        let starts = try JSONNode(parsing: Array(forth.output.utf8))["listed"]?.array?.compactMap {
            $0["startNanoseconds"]?.integer
        }
        #expect(starts.map { $0 == $0.sorted() } == true)
        #expect((starts?.count ?? 0) >= 80, "the flows of both")
    }

    @Test func `a filter and its contrary divide a capture`() throws {
        let folder = try TemporaryFolder()
        let file = try generate("1.pcap", in: folder, seed: 1)
        func packets(_ filter: [String]) throws -> Int {
            try document(["capture", "summary", "--json", file] + filter)["packets"]?.integer ?? -1
        }
        let (all, mine, rest) = (
            try packets([]), try packets(["--filter", "tcp port 443"]), try packets(["--filter", "not tcp port 443"])
        )
        #expect(mine > 0 && rest > 0 && mine + rest == all, "\(mine) and \(rest) of \(all)")
        let wrong = try ChildProcess.run("sluice", ["capture", "summary", file, "--filter", "no such word"])
        #expect(wrong.status == 2 && wrong.errors.contains("--filter: "), "\(wrong)")
        let none = try ChildProcess.run("sluice", ["capture", "flows", file, "--filter", "host 203.0.113.9"])
        #expect(none.status == 0 && none.errors.contains("no packet passes the filter"), "\(none)")
    }

    @Test(arguments: ["five-tuple", "host-pair", "prefix", "vlan", "dscp"])
    func `however packets are put together, none is lost`(by: String) throws {
        let folder = try TemporaryFolder()
        let file = try generate("1.pcap", in: folder, seed: 3)
        let whole = try document(["capture", "summary", "--json", file])
        let flows = try document(["capture", "flows", file, "--by", by, "--limit", "0", "--json"])
        let listed = flows["listed"]?.array ?? []
        #expect(listed.reduce(0) { $0 + ($1["packets"]?.integer ?? 0) } == whole["packets"]?.integer)
        #expect(listed.reduce(0) { $0 + ($1["bytes"]?.integer ?? 0) } == whole["bytesWire"]?.integer)
        for flow in listed {
            let rates = ["meanBitsPerSecond", "percentileBitsPerSecond", "peakBitsPerSecond"].map {
                flow[$0]?.integer ?? -1
            }
            // A flow of many windows is seldom as fast as in its busiest one; a percentile may be an eighth too high.
            #expect(rates[0] >= 0 && rates[0] <= rates[2] && rates[1] <= rates[2], "\(rates)")
        }
    }

    @Test func `standard input is called by its name`() throws {
        let program = try ChildProcess.program("sluice")
        for command in ["capture summary -", "capture flows -"] {
            let ending = try ChildProcess(
                "/bin/bash", ["-c", "\(program) \(command) < /dev/null"]
            ).ending()
            #expect(ending.status == 3)
            #expect(ending.errors.hasPrefix("sluice: standard input: the file is empty"), "\(ending.errors)")
        }
    }

    @Test func `a reader that goes away ends the command quietly`() throws {
        let program = try ChildProcess.program("sluice")
        let ending = try ChildProcess(
            "/bin/bash",
            ["-c", "\(program) capture generate --flows 2000 --seconds 60 | head -c 24 | wc -c; echo ${PIPESTATUS[0]}"]
        ).ending()
        #expect(ending.output == "24\n141\n" && ending.errors.isEmpty, "\(ending)")
    }

    // MARK: Reports and times

    @Test func `a report with nowhere to go is known before anything is read`() throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        for option in ["--html", "--csv"] {
            // The capture is not there either, which is found later.
            let ending = try ChildProcess.run(
                "sluice",
                ["replay", folder.path + "/none.pcap", "--topology", topology, option, folder.path + "/none/report"])
            #expect(ending.status == 5)
            #expect(ending.errors.contains("/none/report: cannot be written"), "\(ending.errors)")
            let missing = try ChildProcess.run(
                "sluice",
                ["replay", folder.path + "/none.pcap", "--topology", topology, option, folder.path + "/report"])
            #expect(missing.status == 3)
            #expect(access(folder.path + "/report", F_OK) != 0, "trying out leaves nothing behind")
        }
    }

    @Test func `a failure after the last flow is said to change nothing, and is not waited for`() throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let file = try generate("1.pcap", in: folder, seed: 1)
        let command = ["replay", file, "--topology", topology, "--json"]
        func decided(_ options: [String]) throws -> (text: Substring, errors: String) {
            let ending = try ChildProcess.run("sluice", command + options)
            #expect(ending.status == 0, "\(ending)")
            return (ending.output.split(separator: "\n  \"measured\": {").first ?? "", ending.errors)
        }
        let late = try decided(["--fail", "ab@2000000000"])
        #expect(late.errors.contains("--fail ab@2000000000.0 comes after the end of the last flow"), "\(late.errors)")
        #expect(try decided([]).text == late.text)
    }

    @Test func `an interrupted live replay takes its flows with it`() throws {
        let daemon = try DaemonUnderTest()
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let capture = folder.path + "/trace.pcap"
        let made = try ChildProcess.run(
            "sluice",
            ["capture", "generate", "--flows", "20", "--topology", topology, "--output", capture])
        #expect(made.status == 0)
        let watcher = try daemon.connect()
        _ = try watcher.call("events.subscribe", #"{"kinds":["flow.admitted"]}"#)
        let replay = try ChildProcess(
            try ChildProcess.program("sluice"),
            ["replay", capture, "--topology", topology, "--socket", daemon.socketPath, "--speed", "0.001"])
        // The first flow is there; hours would pass before the last one goes.
        _ = try watcher.answer()
        replay.signal(SIGINT)
        let ending = try replay.ending()
        #expect(ending.status == 128 + SIGINT)
        #expect(ending.errors.contains("interrupted; 1 of 1 live flows withdrawn"), "\(ending.errors)")
        let left = try daemon.connect().call("flow.list")["result"]?["flows"]?.array
        #expect(left?.isEmpty == true)
    }
}
