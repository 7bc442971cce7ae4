// A diamond of Open vSwitch bridges and a sluiced that drives it, for one measurement.

import Glibc
import SluiceJSON

final class SwitchedNetwork {
    let shell: Shell
    let folder: String
    private let script: String
    private let programs: String
    private var process: String?
    private var descriptor: Int32 = -1
    private var received: [UInt8] = []
    var socketPath: String { folder + "/control.sock" }

    init(script: String, programs: String) throws(Shell.Failure) {
        self.script = script
        self.programs = programs
        guard let folder = TemporaryFolder.make() else { throw Shell.Failure(description: "mkdtemp fails") }
        self.folder = folder
        shell = Shell(environment: [
            ("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"), ("P", "b\(getpid() % 1_000_000)"),
            ("R", folder + "/run"), ("OVS_RUNDIR", folder + "/run"), ("OF", "ovs-ofctl -O OpenFlow13"),
            ("D", script), ("SLUICE_SOCKET", folder + "/control.sock"),
        ])
        _ = try shell("$D up 2> /dev/null")
        _ = try shell(
            """
            for i in 1 2 3 4; do for j in 1 2 3 4; do
                [ $i = $j ] || ip -n ${P}h$i neigh replace 10.0.0.$j lladdr 02:00:00:00:00:0$j dev eth0 nud permanent
            done; done
            """)
    }

    func end() {
        if descriptor >= 0 { close(descriptor) }
        if let process { _ = try? shell("kill \(process); while kill -0 \(process) 2> /dev/null; do :; done; true") }
        _ = try? shell("$D down > /dev/null 2>&1; rm -rf \(folder)")
    }

    private func write(_ name: String, _ text: String) throws(Shell.Failure) {
        guard let file = fopen(folder + "/" + name, "w") else { throw Shell.Failure(description: "no \(name)") }
        fputs(text, file)
        fclose(file)
    }

    /// Starts the daemon and waits until it owns all switches.
    func startDaemon(capacity: String = "1Gbps", policy: String = "") throws(Shell.Failure) {
        try write("topology.json", Self.topology(capacity: capacity))
        try write("policy.yaml", policy.isEmpty ? "{}" : policy)
        let switches = (1...4).map { "--switch-socket $R/s\($0).mgmt" }.joined(separator: " ")
        let output = try shell(
            "\(programs)/sluiced --topology \(folder)/topology.json --policy \(folder)/policy.yaml --socket \(socketPath) \(switches) "
                + "> \(folder)/log 2>&1 & echo $!")
        process = String(output.filter { $0.isNumber })
        let deadline = Shell.seconds() + 20
        // The file is there a moment before anybody listens.
        while true {
            do throws(Shell.Failure) {
                descriptor = try Shell.connect(socketPath)
                break
            } catch {
                guard Shell.seconds() < deadline else { throw error }
                usleep(10_000)
            }
        }
        try awaitSettled()
    }

    func call(_ method: String, _ params: String = "{}") throws(Shell.Failure) -> JSONNode {
        try Shell.send(
            Array((#"{"jsonrpc":"2.0","id":1,"method":"\#(method)","params":\#(params)}"# + "\n").utf8), to: descriptor)
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = Array(received[..<end])
                received.removeSubrange(...end)
                guard let node = try? JSONNode(parsing: line), let result = node["result"] else {
                    throw Shell.Failure(description: "\(method): \(String(decoding: line, as: UTF8.self))")
                }
                return result
            }
            received += try Shell.receive(from: descriptor)
        }
    }

    /// Waits until every switch holds all it should.
    func awaitSettled() throws(Shell.Failure) {
        let deadline = Shell.seconds() + 30
        while Shell.seconds() < deadline {
            let switches = try call("rules.get")["switches"]?.array ?? []
            let isSettled = switches.allSatisfy {
                $0["owned"]?.bool == true && $0["revision"]?.integer == $0["confirmedRevision"]?.integer
            }
            if isSettled { return }
            usleep(2_000)
        }
        throw Shell.Failure(description: "the switches do not settle")
    }

    /// A flow from h1 to h2 and its companion, carried by the switches.
    func carry(
        _ id: String, from source: String = "h1", to destination: String = "h2", bandwidth: Int = 1_000_000,
        protected: Bool = false
    ) throws(Shell.Failure) {
        let answer = try call(
            "flow.submit",
            #"{"id":"\#(id)","source":"\#(source)","destination":"\#(destination)","bandwidth":\#(bandwidth),"#
                + #""reverseBandwidth":1000000\#(protected ? #","protection":"linkDisjoint""# : "")}"#)
        guard answer["flow"]?["state"]?.string == "admitted" else {
            throw Shell.Failure(description: "\(id) is not admitted")
        }
        while try call("flow.get", #"{"id":"\#(id)"}"#)["flow"]?["state"]?.string != "active" { usleep(1_000) }
    }

    /// Sends 300 echo requests from h1 to h2, 200 a second, runs `action` at the hundredth, and answers how many were
    /// lost.
    func pings(_ action: String) throws(Shell.Failure) -> Int {
        let output = try shell(
            """
            $D on h1 ping -n -c 300 -i 0.005 -W 1 10.0.0.2 \
                | awk -v action='\(action)' '/icmp_seq=100 /{system(action)} /received/{print $4}'
            """)
        guard let received = Int(output.filter { $0.isNumber }) else { throw Shell.Failure(description: output) }
        return 300 - received
    }

    /// Sends 300 echo requests from each of `pairs`' hosts to the other, 200 a second, does `body` meanwhile, and answers
    /// how many were lost.
    func pings(_ pairs: [(String, String)], during body: () throws -> Void) throws -> Int {
        for (from, to) in pairs {
            _ = try shell(
                "$D on \(from) ping -n -q -c 300 -i 0.005 -W 1 10.0.0.\(to.dropFirst()) > \(folder)/ping-\(from) 2>&1 &"
            )
        }
        usleep(500_000)
        try body()
        var lost = 0
        for (from, _) in pairs {
            let output = try shell(
                """
                timeout 20 sh -c 'until grep -q received \(folder)/ping-\(from); do sleep 0.05; done'
                sed -n 's/.* \\([0-9]*\\) received.*/\\1/p' \(folder)/ping-\(from)
                """)
            guard let received = Int(output.filter { $0.isNumber }) else { throw Shell.Failure(description: output) }
            lost += 300 - received
        }
        return lost
    }

    private static func topology(capacity: String) -> String {
        """
                {"name":"diamond",
                 "switches":[{"id":"s1","dpid":1},{"id":"s2","dpid":2},{"id":"s3","dpid":3},{"id":"s4","dpid":4}],
                 "hosts":[{"id":"h1","ipv4":"10.0.0.1","attachment":{"switch":"s1","port":1}},
                          {"id":"h2","ipv4":"10.0.0.2","attachment":{"switch":"s4","port":1}},
                          {"id":"h3","ipv4":"10.0.0.3","attachment":{"switch":"s1","port":4}},
                          {"id":"h4","ipv4":"10.0.0.4","attachment":{"switch":"s4","port":4}}],
                 "links":[
                  {"id":"s1-s2","a":{"switch":"s1","port":2},"b":{"switch":"s2","port":1},"capacity":"\(capacity)","latency":"1ms"},
                  {"id":"s2-s4","a":{"switch":"s2","port":2},"b":{"switch":"s4","port":2},"capacity":"\(capacity)","latency":"1ms"},
                  {"id":"s1-s3","a":{"switch":"s1","port":3},"b":{"switch":"s3","port":1},"capacity":"\(capacity)","latency":"2ms"},
                  {"id":"s3-s4","a":{"switch":"s3","port":2},"b":{"switch":"s4","port":3},"capacity":"\(capacity)","latency":"2ms"}]}
        """
    }
}
