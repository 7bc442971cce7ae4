// Which path a flow takes while other traffic comes and moves: learned by Sluice, by a rule with a threshold, or never
// changed. A flow of 8 Mbit/s and 17 Mbit/s of background share links of 20 Mbit/s with queues of 40 packets; the
// background starts on the flow's path and moves to the other one later. Learning and the rule see the same samples, ten
// a second, of the queues at the first links of both paths. What counts is the loss over both.

import Glibc
import SluiceForwarding
import SluiceJSON
import SluiceModel

struct ClosedLoop {
    /// A line of the report.
    struct Entry {
        var name: String
        var measured: String
        var wanted = ""
        var isReached: Bool?
    }

    enum Control: Hashable {
        case fixed
        /// To the other path when the queueing delay here has been above `milliseconds`, and less than 4 ms there, in so
        /// many samples in a row.
        case threshold(milliseconds: Double, samples: Int)
        case learning

        var name: String {
            switch self {
            case .fixed: "closed loop: path never changed"
            case .threshold(let milliseconds, let samples):
                "closed loop: threshold \(Int(milliseconds)) ms, \(samples) in a row"
            case .learning: "closed loop: learning"
            }
        }
    }

    /// Seconds at which the background starts, moves and ends, and the flow ends.
    private static let (start, shift, stop, end) = (2.0, 5.0, 8, 9)
    private static let interval = 0.1
    private static let rate = 20e6
    /// The tunings of the rule that are tried; the best of them is what learning is held against.
    private static let tunings: [Control] = [
        .threshold(milliseconds: 4, samples: 1), .threshold(milliseconds: 8, samples: 1),
        .threshold(milliseconds: 8, samples: 3),
    ]
    /// Queues of these links fill within a sample: the newest measurement decides, a queue that begins to grow is enough,
    /// and moving back is as cheap as moving. What keeps the flow from moving to and fro is that no link takes a flow
    /// which would fill it.
    private static let policy = """
        learning:
          scheme: pursuit
          pursuitStep: 1
          memoryWeight: 1
          drawsPerSecond: 100
          margin: 0.05
          dwellSeconds: 0.05
          smoothingSeconds: 0
          rewardWeights: {utilisation: 1, queue: 1, latency: 0, loss: 1}
        meters: {enabled: false}
        """

    let fabric: String
    let programs: String

    func run(_ runs: Int) throws -> [Entry] {
        var losses: [Control: [Double]] = [:]
        let controls: [Control] = [.fixed] + Self.tunings + [.learning]
        for run in 0..<runs {
            for control in controls where control != .fixed || run == 0 {
                // Samples fall elsewhere between the changes of traffic in each run, and alike for every control.
                let phase = Self.interval * Double(run) / Double(runs)
                losses[control, default: []].append(try measure(control, phase: phase))
            }
        }
        func median(_ control: Control) -> Double {
            let sorted = (losses[control] ?? []).sorted()
            return sorted.isEmpty ? 1 : sorted[sorted.count / 2]
        }
        func percent(_ ratio: Double) -> String { "\((ratio * 100_000).rounded() / 1_000) %" }
        var entries = controls.dropLast().map { control in
            Entry(name: control.name, measured: "\(percent(median(control))) lost at the median")
        }
        let best = Self.tunings.map(median).min() ?? 0
        let learned = median(.learning)
        entries.append(
            Entry(
                name: Control.learning.name, measured: "\(percent(learned)) lost at the median",
                wanted: "at most 0.7 of \(percent(best))", isReached: learned <= 0.7 * best))
        return entries
    }

    /// One of the two first links, as a sample has it.
    private struct Queue {
        var backlogBytes = 0.0
        var drops = 0.0
        var bytes = 0.0
        var packets = 0.0
    }

    private func sample(_ network: SwitchedNetwork) throws -> [Queue] {
        let output = try network.shell(
            """
            ip netns exec ${P}ovs sh -c 'tc -s -j qdisc show dev s1-s2; echo; tc -s -j qdisc show dev s1-s3'
            """)
        return try output.split(separator: "\n").filter { $0.contains("[") }.map { line in
            guard let all = try? JSONNode(parsing: Array(line.utf8)).array,
                let queue = all.first(where: { $0["kind"]?.string == "pfifo" })
            else { throw Shell.Failure(description: "tc says: \(line)") }
            return Queue(
                backlogBytes: queue["backlog"]?.number ?? 0, drops: queue["drops"]?.number ?? 0,
                bytes: queue["bytes"]?.number ?? 0, packets: queue["packets"]?.number ?? 0)
        }
    }

    /// Loss over both, 0 to 1.
    private func measure(_ control: Control, phase: Double) throws -> Double {
        let network = try SwitchedNetwork(script: fabric, programs: programs)
        defer { network.end() }
        try prepare(network)
        var agent: InstallRate.Connection?
        if control == .learning {
            try network.startDaemon(capacity: "20Mbps", policy: Self.policy)
            try network.carry("flow", bandwidth: 9_000_000)
        } else {
            let connection = try InstallRate.Connection(socket: network.folder + "/run/s1.mgmt")
            try connection.put([Self.rule(to: 2)])
            agent = connection
        }
        _ = try network.shell(
            """
            $D shape 20mbit 40 2> /dev/null
            for pair in h2:5201 h4:5202; do
                $D on ${pair%:*} iperf3 -s -1 -p ${pair#*:} > \(network.folder)/server-${pair%:*} 2>&1 &
            done
            sleep 0.5
            $D on h1 iperf3 -c 10.0.0.2 -p 5201 -u -b 8M -l 1200 -t \(Self.end) --json > \(network.folder)/h1.json 2>&1 &
            """)
        let origin = Shell.seconds()
        var events: [(time: Double, script: String)] = [
            (
                Self.start,
                "$D on h3 iperf3 -c 10.0.0.4 -p 5202 -u -b 17M -l 1200 -t \(Self.stop - Int(Self.start)) --json "
                    + "> \(network.folder)/h3.json 2>&1 &"
            ),
            (
                Self.shift,
                "$OF --bundle add-flow $R/s1.mgmt 'cookie=3,priority=9000,ip,nw_dst=10.0.0.4,actions=output:3'"
            ),
        ]
        var loop = Loop(control: control)
        var tick = origin + Self.interval + phase
        while tick < origin + Double(Self.end) - 0.2 {
            if let event = events.first, origin + event.time < tick {
                Self.sleep(until: origin + event.time)
                _ = try network.shell(event.script)
                events.removeFirst()
                continue
            }
            Self.sleep(until: tick)
            let now = Shell.seconds()
            switch loop.take(try sample(network), at: now) {
            case .nothing: break
            case .change(let port): try agent?.put([Self.rule(to: port)])
            case .report(let samples): _ = try network.call("telemetry.report", #"{"samples":[\#(samples)]}"#)
            }
            tick = max(tick + Self.interval, Shell.seconds())
        }
        return try loss(network)
    }

    /// The background, both ways over both paths, and what its hosts and the flow's need to find each other; all in rules
    /// that are not Sluice's. With the daemon the flow's own rules come above those for its hosts here.
    private func prepare(_ network: SwitchedNetwork) throws {
        _ = try network.shell(
            """
            add() { s=$1; shift; for f in "$@"; do echo "cookie=3,$f"; done | $OF --bundle add-flows $R/s$s.mgmt -; }
            add 1 'priority=9000,ip,nw_dst=10.0.0.4,actions=output:2' 'priority=9000,ip,nw_dst=10.0.0.3,actions=output:4' \
                'priority=9,ip,nw_dst=10.0.0.1,actions=output:1'
            add 4 'priority=9000,ip,nw_dst=10.0.0.3,actions=output:2' 'priority=9000,ip,nw_dst=10.0.0.4,actions=output:4' \
                'priority=9,ip,nw_dst=10.0.0.1,actions=output:2' 'priority=9,ip,nw_dst=10.0.0.2,actions=output:1'
            for s in 2 3; do
                add $s 'priority=9000,ip,nw_dst=10.0.0.4,actions=output:2' \
                    'priority=9000,ip,nw_dst=10.0.0.3,actions=output:1' \
                    'priority=9,ip,nw_dst=10.0.0.2,actions=output:2' 'priority=9,ip,nw_dst=10.0.0.1,actions=output:1'
            done
            """)
    }

    /// The flow at s1 where no daemon carries it.
    private static func rule(to port: UInt32) -> Rule {
        var fields = FlowMatch()
        fields.etherType = FlowMatch.etherTypeIPv4
        fields.ipv4Destination = IPv4Prefix(0x0a00_0002)
        let match = RuleMatch(fields: fields)
        return Rule(
            key: Rule.Key(table: 0, priority: 100, match: match), cookie: 2, actions: [.output(PortNumber(port))])
    }

    private static func sleep(until time: Double) {
        let left = time - Shell.seconds()
        if left > 0 { usleep(UInt32(left * 1e6)) }
    }

    private func loss(_ network: SwitchedNetwork) throws -> Double {
        var (lost, sent) = (0.0, 0.0)
        for host in ["h1", "h3"] {
            let text = try network.shell(
                "timeout 20 sh -c 'until grep -q \"^}\" \(network.folder)/\(host).json; do sleep 0.1; done'; "
                    + "cat \(network.folder)/\(host).json")
            guard let report = try? JSONNode(parsing: Array(text.utf8)), let sum = report["end"]?["sum"],
                let packets = sum["packets"]?.number, let missing = sum["lost_packets"]?.number
            else { throw Shell.Failure(description: "iperf3 says: \(text.suffix(300))") }
            sent += packets
            lost += missing
        }
        return lost / max(1, sent)
    }

    /// What is done with the samples.
    private struct Loop {
        enum Step {
            case nothing
            case change(port: UInt32)
            /// Samples as `telemetry.report` takes them.
            case report(String)
        }

        let control: Control
        private var former: (queues: [Queue], time: Double)?
        /// Utilisation of both links in the interval before.
        private var formerUtilisation: [Double]?
        private var current = 0
        private var inARow = 0

        init(control: Control) { self.control = control }

        mutating func take(_ queues: [Queue], at now: Double) -> Step {
            defer { former = (queues, now) }
            let delays = queues.map { $0.backlogBytes * 8 / ClosedLoop.rate * 1_000 }
            switch control {
            case .fixed: return .nothing
            case .threshold(let milliseconds, let samples):
                inARow = delays[current] > milliseconds && delays[1 - current] < 4 ? inARow + 1 : 0
                guard inARow >= samples else { return .nothing }
                inARow = 0
                current = 1 - current
                return .change(port: current == 0 ? 2 : 3)
            case .learning:
                guard let former, now > former.time else { return .nothing }
                var samples: [String] = []
                var measured: [Double] = []
                for (index, names) in [("s1-s2>", "s2-s4>"), ("s1-s3>", "s3-s4>")].enumerated() {
                    let (present, last) = (queues[index], former.queues[index])
                    let bits = (present.bytes - last.bytes) * 8
                    let mean = bits / (now - former.time) / ClosedLoop.rate
                    measured.append(mean)
                    // The mean of an interval lags behind: where it has fallen, it falls on by as much. What rises shows in
                    // the queue.
                    let change = mean - (formerUtilisation?[index] ?? mean)
                    let utilisation = min(1, max(0, mean + min(0, change)))
                    let drops = max(0, present.drops - last.drops)
                    let loss = drops / max(1, drops + present.packets - last.packets)
                    samples.append(
                        #"{"link":"\#(names.0)","utilisation":\#(utilisation),"queueDepthBytes":"#
                            + #"\#(Int(present.backlogBytes)),"lossRatio":\#(loss)}"#)
                    // What the first link of a path lets through, the second one carries without a queue.
                    samples.append(#"{"link":"\#(names.1)","utilisation":\#(utilisation)}"#)
                }
                formerUtilisation = measured
                return .report(samples.joined(separator: ","))
            }
        }
    }
}
