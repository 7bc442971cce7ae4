// Four Open vSwitch bridges and four hosts in network namespaces of their own, with veth links, in userspace
// (datapath_type=netdev). Everything is named after this process and goes when the value goes.
//
// (docs/demo/diamond.sh draws and builds it.)

import Glibc
import SluiceJSON
import Synchronization
import Testing

final class DiamondFabric {
    private static let counter = Counter()
    private let prefix: String
    let folder: TemporaryFolder
    var runFolder: String { folder.path + "/run" }

    /// Whether this machine can carry it: root, Open vSwitch and the tools.
    static let isAvailable: Bool =
        geteuid() == 0
        && (["/usr/sbin/ovs-vswitchd", "/usr/sbin/ovsdb-server", "/usr/bin/ovs-vsctl", "/usr/bin/ping"] as [String])
            .allSatisfy {
                access($0, X_OK) == 0
            }

    /// Numbers for names, each once in this process.
    private final class Counter: Sendable {
        private let next = Atomic(0)
        func take() -> Int { next.add(1, ordering: .relaxed).oldValue }
    }

    init() throws {
        folder = try TemporaryFolder()
        // Names of interfaces have at most 15 bytes.
        prefix = "d\(getpid() % 100_000)n\(Self.counter.take())"
        try shell("$D up")
    }

    /// Where the switches run.
    var switchNamespace: String { prefix + "ovs" }

    // What was started in these namespaces goes, and nothing else.
    deinit { _ = try? shell("$D down") }

    private var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "P": prefix, "N": prefix + "ovs", "R": runFolder,
            "D": PackageFiles.path("docs/demo/diamond.sh"),
            "OVS_RUNDIR": runFolder, "OVS_LOGDIR": runFolder, "OVS_DBDIR": runFolder, "OVS_SYSCONFDIR": runFolder,
            "V": "ovs-vsctl --db=unix:\(runFolder)/db.sock", "OF": "ovs-ofctl -O OpenFlow13",
        ]
    }

    /// Starts a script in which `$P` is the prefix of host namespaces, `$N` the switches' namespace, `$R` the run folder,
    /// `$V` ovs-vsctl, `$OF` ovs-ofctl, and `on N COMMAND` runs a command on host N.
    func start(_ script: String) throws -> ChildProcess {
        let prelude = "set -e; on() { h=$1; shift; ip netns exec ${P}h$h \"$@\"; }\n"
        return try ChildProcess("/bin/sh", ["-c", prelude + script], environment: environment)
    }

    /// Runs such a script to its end; throws where it fails.
    @discardableResult
    func shell(_ script: String) throws -> String {
        let ending = try start(script).ending()
        guard ending.status == 0 else {
            throw SystemTestFailure("status \(ending.status): \(ending.output)\(ending.errors)\nof: \(script)")
        }
        return ending.output
    }

    /// Bridges' own sockets, on which they speak OpenFlow.
    var managementSockets: [String] { (1...4).map { "\(runFolder)/s\($0).mgmt" } }

    /// Ends the switches at once, without a last word, and starts them again: ports are kept, tables are not.
    func restartSwitches() throws {
        try shell("$D restart")
    }

    /// Addresses are known, so that the first packet waits for nothing.
    func resolveNeighbours() throws {
        try shell(
            """
            for i in 1 2 3 4; do for j in 1 2 3 4; do
                [ $i = $j ] || ip -n ${P}h$i neigh replace 10.0.0.$j lladdr 02:00:00:00:00:0$j dev eth0 nud permanent
            done; done
            """)
    }

    /// The topology document of the fabric; links of 1 Gbit/s.
    static let topology = """
        {"name":"diamond",
         "switches":[{"id":"s1","dpid":1},{"id":"s2","dpid":2},{"id":"s3","dpid":3},{"id":"s4","dpid":4}],
         "hosts":[{"id":"h1","ipv4":"10.0.0.1","mac":"02:00:00:00:00:01","attachment":{"switch":"s1","port":1}},
                  {"id":"h2","ipv4":"10.0.0.2","mac":"02:00:00:00:00:02","attachment":{"switch":"s4","port":1}},
                  {"id":"h3","ipv4":"10.0.0.3","mac":"02:00:00:00:00:03","attachment":{"switch":"s1","port":4}},
                  {"id":"h4","ipv4":"10.0.0.4","mac":"02:00:00:00:00:04","attachment":{"switch":"s4","port":4}}],
         "links":[
          {"id":"s1-s2","a":{"switch":"s1","port":2},"b":{"switch":"s2","port":1},"capacity":"1Gbps","latency":"1ms"},
          {"id":"s2-s4","a":{"switch":"s2","port":2},"b":{"switch":"s4","port":2},"capacity":"1Gbps","latency":"1ms"},
          {"id":"s1-s3","a":{"switch":"s1","port":3},"b":{"switch":"s3","port":1},"capacity":"1Gbps","latency":"2ms"},
          {"id":"s3-s4","a":{"switch":"s3","port":2},"b":{"switch":"s4","port":3},"capacity":"1Gbps","latency":"2ms"}]}
        """
}
