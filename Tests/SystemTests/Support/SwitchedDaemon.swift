// A real sluiced that drives the switches of a diamond, and a client that follows what happens.

import SluiceJSON
import Testing

final class SwitchedDaemon {
    let fabric: DiamondFabric
    let daemon: DaemonUnderTest
    /// Asks; never subscribes.
    let client: TestClient
    /// Follows events.
    let events: TestClient

    init(
        _ fabric: DiamondFabric, topology: String = DiamondFabric.topology, policy: String? = nil,
        arguments: [String] = []
    ) throws {
        self.fabric = fabric
        let sockets = fabric.managementSockets.flatMap { ["--switch-socket", $0] }
        daemon = try DaemonUnderTest(topology: topology, policy: policy, arguments: sockets + arguments)
        client = try daemon.connect()
        events = try daemon.connect()
        _ = try events.call("events.subscribe")
        try awaitSwitches()
    }

    /// Waits until all four switches hold what they should.
    func awaitSwitches() throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let switches = try client.call("rules.get")["result"]?["switches"]?.array ?? []
            let isSettled = switches.allSatisfy {
                $0["owned"]?.bool == true && $0["revision"]?.integer == $0["confirmedRevision"]?.integer
            }
            if isSettled && switches.count == 4 { return }
        }
        throw SystemTestFailure("the switches are not what they should be after 30 s")
    }

    /// Waits for the event of `kind` about `subject`, a flow, link or switch.
    @discardableResult
    func awaitEvent(_ kind: String, _ subject: String? = nil) throws -> JSONNode {
        while true {
            let params = try #require(try events.answer()["params"])
            guard params["kind"]?.string == kind else { continue }
            let subjects = ["flow", "link", "switch"].compactMap { params[$0]?.string }
            if subject.map({ subjects.contains($0) }) ?? true { return params }
        }
    }

    /// Submits a flow and waits until the switches carry it.
    func carry(_ id: String, _ from: String, _ to: String, _ more: String = "") throws {
        let params =
            #"{"id":"\#(id)","source":"\#(from)","destination":"\#(to)","bandwidth":1000000,"#
            + #""reverseBandwidth":1000000\#(more)}"#
        let answer = try client.call("flow.submit", params)
        guard answer["result"]?["flow"]?["state"]?.string == "admitted" else {
            throw SystemTestFailure("\(id) is not admitted: \(answer)")
        }
        try awaitEvent("flow.active", id)
    }

    /// Sends 300 echo requests from h1 to h2, 200 a second; `action` (shell) runs when the hundredth is answered.
    ///
    /// - Returns: how many were lost.
    func pings(_ action: String = ":") throws -> Int {
        let output = try fabric.shell(
            """
            on 1 ping -n -c 300 -i 0.005 -W 1 10.0.0.2 \
                | awk -v action='\(action)' '/icmp_seq=100 /{system(action)} /received/{print $4}'
            """)
        guard let received = Int(output.split(separator: "\n").last ?? "") else {
            throw SystemTestFailure("ping says: \(output)")
        }
        return 300 - received
    }
}
