import SluiceDocuments
import SluiceJSON
import SluiceModel
import Testing

@Suite struct InstanceTests {
    @Test func `an instance is a topology of directed links and flows with priorities`() throws {
        let network = try Document.readNetwork(document(Samples.instance))
        #expect(network.topology.links.map(\.id.text) == ["l0", "l1"])
        #expect(network.topology.links.map(\.capacity.bitsPerSecond) == [10, 20])
        #expect(network.topology.links.map(\.latency.microseconds) == [5, 7])
        #expect(network.demands.map(\.priority) == [FlowPriority(3), FlowPriority(1)])
        #expect(network.demands.map(\.constraints.maxLatency?.microseconds) == [12, nil])
    }

    @Test func `all faults come at once`() {
        let lines = faultLines(
            """
            {"nodes":["a","b","a"],
             "links":[{"id":"l","from":"a","to":"z","capacity":1.5},{"id":"m","from":"a","to":"b","capacity":0}],
             "flows":[{"id":"f","source":"a","destination":"b","bandwidth":0}]}
            """)
        let expected = [
            "1:19: nodes[2]", "2:52: links[0].capacity: a number stands where a whole number",
            "2:98: links[1].capacity: the capacity is zero", "3:64: flows[0].bandwidth: 0 is out of range",
        ]
        for wanted in expected { #expect(lines.contains { $0.hasPrefix(wanted) }, "\(wanted) in \(lines)") }
    }

    @Test func `a solution is written with exactly the agreed members, and its placement read back`() throws {
        let network = try Document.readNetwork(document(Samples.instance))
        let solution = SolutionDocument(
            status: .optimal, method: "exact", objective: 4, bound: 4,
            admitted: [
                .init(
                    flow: FlowID("f0"), links: [LinkID("l0"), LinkID("l1")],
                    path: ["n0", "n1", "n2"].map { NodeID($0) })
            ],
            rejected: [.init(flow: FlowID("f1"), reason: "no_capacity")], elapsedSeconds: 0.25,
            trajectory: [.init(effort: .seconds(0.125), objective: 4, bound: 5)])
        let text = String(decoding: solution.json, as: UTF8.self)
        #expect(
            text == """
                {"status":"optimal","method":"exact","objective":4,"bound":4,"gap":0.0,"elapsedSeconds":0.25,\
                "admitted":[{"flow":"f0","links":["l0","l1"],"path":["n0","n1","n2"]}],\
                "rejected":[{"flow":"f1","reason":"no_capacity"}],\
                "trajectory":[{"elapsedSeconds":0.125,"objective":4,"bound":5}]}

                """)
        let placement = try PlacementDocument.read(
            DocumentFile(name: "s", bytes: solution.json), topology: network.topology)
        #expect(placement.paths.map(\.flow.text) == ["f0"])
        #expect(placement.paths.first?.path.links == [LinkIndex(0), LinkIndex(1)])
    }

    @Test func `under a work limit no time is told`() {
        let solution = SolutionDocument(
            status: .feasible, method: "greedy", objective: 0, bound: 3, admitted: [], rejected: [],
            elapsedSeconds: nil,
            trajectory: [.init(effort: .work(7), objective: 0, bound: 3)],
            classes: [.init(priority: 3, admitted: 0, bound: 1, status: .feasible)])
        let text = String(decoding: solution.json, as: UTF8.self)
        #expect(!text.contains("elapsedSeconds"))
        #expect(text.contains("\"trajectory\":[{\"work\":7,") && text.contains("\"gap\":3.0"))
        #expect(text.contains("\"classes\":[{\"priority\":3,\"admitted\":0,\"bound\":1,\"status\":\"feasible\"}]"))
    }

    @Test func `a placement that is none is refused with its place`() throws {
        let network = try Document.readNetwork(document(Samples.instance))
        let text = """
            {"admitted":[
             {"flow":"f0","links":["l1","l0"]},
             {"flow":"f0","links":["l9"]},
             {"flow":"f2","links":[]}]}
            """
        do throws(InvalidDocument) {
            _ = try PlacementDocument.read(document(text), topology: network.topology)
            Issue.record("it is accepted")
        } catch {
            #expect(
                error.faults.map(\.field) == [
                    "admitted[0].links", "admitted[1].flow", "admitted[1].links[0]", "admitted[2].links",
                ])
            #expect(error.faults.map(\.position?.line) == [2, 3, 3, 4])
        }
    }
}
