// Sluice and Open vSwitch in one run, each line with what it must reach.

import ArgumentParser
import Glibc
import SluiceJSON

struct OpenFlowBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "openflow",
        abstract: "Real switches: install rate, first packet, failover, moves, resynchronisation.",
        discussion: """
            Builds a diamond of four Open vSwitch bridges in network namespaces, runs sluiced on it, and measures with \
            real packets. Needs root, Open vSwitch, iputils-ping and python3. Each line ends with pass or short.
            """)

    @Option(help: "The script that builds the diamond.")
    var fabric = "docs/demo/diamond.sh"

    @Option(help: "Folder of sluiced and sluice (default: that of this program).")
    var programs: String?

    @Option(help: "Rules of the install race.")
    var rules = 20_000

    @Option(help: "Races, cuts and moves of each kind; their median counts.")
    var runs = 3

    @Flag(help: "Leave out the closed loop, which takes most of the time.")
    var withoutLoop = false

    @Flag(help: "Measure the closed loop only.")
    var onlyLoop = false

    @Option(help: "Runs of the closed loop.")
    var loopRuns = 5

    func run() throws {
        guard geteuid() == 0, access("/usr/sbin/ovs-vswitchd", X_OK) == 0 else {
            throw ValidationError("sluice-bench openflow needs root and Open vSwitch")
        }
        guard access(fabric, X_OK) == 0 else {
            throw ValidationError("\(fabric) is not there: say where with --fabric")
        }
        if !onlyLoop {
            try race()
            try firstPackets()
            try losses()
            try moves()
            try resynchronisation()
        }
        if !withoutLoop {
            let comparison = ClosedLoop(fabric: fabric, programs: folder)
            for entry in try comparison.run(loopRuns) {
                line(entry.name, entry.measured, entry.wanted, entry.isReached)
            }
        }
    }

    private var folder: String {
        if let programs { return programs }
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let path = String(decoding: buffer[..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }

    private func onDiamond(_ body: (SwitchedNetwork) throws -> Void) throws {
        let network = try SwitchedNetwork(script: fabric, programs: folder)
        defer { network.end() }
        try body(network)
    }

    /// - Parameter isReached: nil where nothing is wanted.
    private func line(_ name: String, _ measured: String, _ wanted: String, _ isReached: Bool?) {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        print(
            padded(name, 52) + padded(measured, 34) + padded(wanted, 30)
                + (isReached.map { $0 ? "pass" : "short" } ?? "info"))
        fflush(nil)
    }

    private func median<Number: Comparable>(_ values: [Number]) -> Number { values.sorted()[values.count / 2] }

    /// Sluice and ovs-ofctl by turns on the same bridge.
    private func race() throws {
        try onDiamond { network in
            var ours: [Double] = []
            var theirs: [Double] = []
            for _ in 0..<runs {
                theirs.append(try InstallRate.byTool(rules, network: network))
                ours.append(try InstallRate.bySluice(rules, socket: network.folder + "/run/s1.mgmt"))
            }
            let (our, their) = (Double(rules) / median(ours), Double(rules) / median(theirs))
            line(
                "install \(rules) rules", "\(Int(our)) rules/s", "ovs-ofctl: \(Int(their)) rules/s", our >= their)
        }
    }

    private func firstPackets() throws {
        try onDiamond { network in
            try network.startDaemon()
            let ports = 6_000..<6_000 + 10 * runs
            _ = try network.shell(
                """
                cat > \(network.folder)/receive.py <<'END'
                import select, socket, time
                sockets = {}
                for port in range(\(ports.lowerBound), \(ports.upperBound)):
                    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", port)); sockets[s] = port
                open("\(network.folder)/ready", "w").close()
                while sockets:
                    for s in select.select(list(sockets), [], [])[0]:
                        print(sockets.pop(s), time.time_ns(), flush=True)
                END
                cat > \(network.folder)/send.py <<'END'
                import socket, time
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                while True:
                    for port in range(\(ports.lowerBound), \(ports.upperBound)): s.sendto(b"x", ("10.0.0.2", port))
                    time.sleep(0.004)
                END
                $D on h2 python3 \(network.folder)/receive.py > \(network.folder)/arrivals &
                $D on h1 python3 \(network.folder)/send.py > /dev/null &
                """)
            while access(network.folder + "/ready", F_OK) != 0 { usleep(10_000) }
            var answered: [Int: Int] = [:]
            for port in ports {
                let match = #""match":{"eth_type":2048,"ip_proto":17,"ipv4_src":"10.0.0.1","udp_dst":\#(port)}"#
                _ = try network.call(
                    "flow.submit",
                    #"{"id":"f\#(port)","source":"h1","destination":"h2","bandwidth":1000000,\#(match)}"#)
                var time = timespec()
                clock_gettime(CLOCK_REALTIME, &time)
                answered[port] = time.tv_sec * 1_000_000_000 + time.tv_nsec
                usleep(20_000)
            }
            usleep(200_000)
            let delays = try network.shell("cat \(network.folder)/arrivals").split(separator: "\n").compactMap {
                line -> Double? in
                let words = line.split(separator: " ").compactMap { Int($0) }
                guard words.count == 2, let answer = answered[words[0]] else { return nil }
                return Double(words[1] - answer) / 1e6
            }
            guard delays.count == ports.count else {
                throw Shell.Failure(description: "\(delays.count) of \(ports.count) flows have arrived")
            }
            let middle = (median(delays) * 100).rounded() / 100
            line("first packet after the answer, median", "\(middle) ms of \(ports.count) flows", "20 ms", middle <= 20)
        }
    }

    private func losses() throws {
        func measure(_ name: String, protected: Bool, _ action: String, most: Int) throws {
            var lost: [Int] = []
            for _ in 0..<runs {
                try onDiamond { network in
                    try network.startDaemon()
                    try network.carry("flow", protected: protected)
                    lost.append(try network.pings(action.replacingProgram(with: folder)))
                }
            }
            let worst = lost.max() ?? 300
            let all = lost.map(String.init).joined(separator: ", ")
            line(name, "\(all) of 300 lost", "at most \(most)", worst <= most)
        }
        try measure("link cut, protected flow", protected: true, "ip -n ${P}ovs link set s2-s1 down", most: 3)
        try measure("link cut, unprotected flow", protected: false, "ip -n ${P}ovs link set s2-s1 down", most: 40)
    }

    /// Flows that learning and the optimiser move, with packets on their way.
    private func moves() throws {
        var lost: [Int] = []
        for _ in 0..<runs {
            try onDiamond { network in
                try network.startDaemon(policy: "learning: {dwellSeconds: 0.1, smoothingSeconds: 0}\n")
                try network.carry("flow")
                lost.append(
                    try network.pings([("h1", "h2")]) {
                        try network.teach(worse: "s1-s2", better: "s1-s3", until: "flow")
                    })
            }
        }
        report("move by learning", lost)
        lost = []
        for _ in 0..<runs {
            try onDiamond { network in
                try network.startDaemon(
                    capacity: "10Mbps", policy: "admission: {groomingMoves: 0}\nlearning: {scheme: off}\n")
                try network.makeRoomForOptimiser()
                lost.append(
                    try network.pings([("h1", "h2"), ("h3", "h4")]) {
                        let answer = try network.call("optimize.run", #"{"budgetSeconds":0.5,"method":"exact"}"#)
                        guard answer["moves"]?.array?.isEmpty == false else {
                            throw Shell.Failure(description: "the optimiser has moved nothing")
                        }
                    })
            }
        }
        report("move by re-optimisation", lost)
    }

    private func report(_ name: String, _ lost: [Int]) {
        line(
            name, "\(lost.map(String.init).joined(separator: ", ")) lost", "none",
            lost.allSatisfy { $0 == 0 })
    }

    private func resynchronisation() throws {
        try onDiamond { network in
            try network.startDaemon()
            let flows = (0..<1_000).map {
                #"{"id":"b\#($0)","source":"h1","destination":"h2","bandwidth":1000,"#
                    + #""match":{"eth_type":2048,"ip_proto":17,"udp_dst":\#(10_000 + $0)}}"#
            }
            _ = try network.call("flow.submitBatch", #"{"flows":[\#(flows.joined(separator: ","))]}"#)
            try network.awaitSettled()
            _ = try network.shell("$D restart 2> /dev/null")
            var start: Double?
            while true {
                let switches = try network.call("rules.get", #"{"switch":"s1"}"#)["switches"]?.array ?? []
                guard let s1 = switches.first else { break }
                if start == nil {
                    // The old connection is gone, or the new one is there and holds nothing yet.
                    if s1["confirmedRevision"]?.integer == 0 { start = Shell.seconds() }
                } else if s1["revision"]?.integer == s1["confirmedRevision"]?.integer {
                    break
                }
            }
            let seconds = start.map { Shell.seconds() - $0 } ?? .infinity
            let count = try network.shell("$OF dump-flows $R/s1.mgmt | grep -c cookie=0x51c || true")
            let held = Int(count.filter { $0.isNumber }) ?? 0
            line(
                "1000 flows resynchronised after a restart", "\(Int(seconds * 1_000)) ms, \(held) rules", "1 s",
                seconds <= 1 && held >= 1_000)
        }
    }
}

extension String {
    /// With the folder of the programs for PROGRAMS.
    fileprivate func replacingProgram(with folder: String) -> String {
        split(separator: "PROGRAMS", omittingEmptySubsequences: false).joined(separator: folder)
    }
}
