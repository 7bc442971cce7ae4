// What is asked of switches again and again: counters of their ports, which become link samples, and LLDP frames, which
// show how they are wired.

import Logging
import NIOCore
import SluiceControlPlane
import SluiceModel
import SluiceOpenFlow

extension Controller {
    /// Starts polling and probing with the first switch.
    func startRounds() {
        if southbound.discovery == nil {
            southbound.discovery = LinkDiscovery(plane.topology, nonce: .random(in: .min ... .max))
        }
        guard southbound.polling == nil else { return }
        let pollMilliseconds = Int64(policy.switches.pollSeconds * 1_000)
        southbound.polling = surroundings.loop.scheduleRepeatedTask(
            initialDelay: .milliseconds(50), delay: .milliseconds(max(50, pollMilliseconds))
        ) { _ in
            self.assumeIsolated { controller in
                controller.poll()
                controller.flush()
            }
        }
        southbound.probing = surroundings.loop.scheduleRepeatedTask(
            initialDelay: .milliseconds(200), delay: .seconds(DaemonLimits.discoverySeconds)
        ) { _ in
            self.assumeIsolated { controller in
                controller.probe()
                controller.flush()
            }
        }
    }

    /// What a switch is asked for besides its ports' counters, in turn.
    private static let furtherCounters: [MultipartRequest] = [
        .queues(port: MultipartRequest.allPorts, queue: MultipartRequest.allQueues),
        .groups(MultipartRequest.allGroups),
        .flows(cookie: CookieMark.mark, cookieMask: CookieMark.mask, match: Match()),
    ]

    /// Asks the switches for their counters: each for its ports', then, with what is left of the messages that the round
    /// may send, for those of its queues, groups and rules in turn. Who is left out is the first of the next round, and a
    /// switch that still owes an answer is passed over.
    private func poll() {
        let ids = southbound.ofNode.values.sorted()
        guard !ids.isEmpty else { return }
        var budget = max(1, Int(Double(OpenFlowLimits.pollsPerSecond) * min(1, policy.switches.pollSeconds)))
        let idle = Set(ids.filter { southbound.connections[$0]?.polls.isEmpty == true })
        /// - Returns: where the next round begins.
        func ask(from start: Int, _ request: (SwitchConnection) -> MultipartRequest?) -> Int {
            for offset in ids.indices where budget > 0 {
                let id = ids[(start + offset) % ids.count]
                guard idle.contains(id), let connection = southbound.connections[id], let request = request(connection),
                    let xid = connection.agent.ask(request, at: clock.now())
                else { continue }
                connection.polls.insert(xid)
                southbound.touched.insert(id)
                southbound.pollCount += 1
                budget -= 1
                if budget == 0 { return (start + offset + 1) % ids.count }
            }
            return start
        }
        southbound.pollStart = ask(from: southbound.pollStart) { _ in .ports(MultipartRequest.allPorts) }
        southbound.furtherPollStart = ask(from: southbound.furtherPollStart) { connection in
            let request = Self.furtherCounters[connection.furtherPolls % Self.furtherCounters.count]
            connection.furtherPolls += 1
            if case .flows = request, connection.agent.installedCount > OpenFlowLimits.polledRules { return nil }
            return request
        }
    }

    func takeCounters(_ parts: [MultipartBody], of connection: SwitchConnection) {
        var ports: [PortStatistics] = []
        var queues: [QueueStatistics] = []
        for part in parts {
            switch part {
            case .ports(let entries): ports += entries
            case .queues(let entries): queues += entries
            case .groups, .flows: count(part, of: connection)
            default: break
            }
        }
        let now = clock.now()
        let rates = connection.counters.record(ports, at: now)
        let losses = connection.counters.record(queues)
        guard let node = connection.node, let index = plane.topology.index(of: node) else { return }
        var samples: [LinkSample] = []
        for link in plane.topology.links where link.from == index {
            guard let port = link.fromPort, link.capacity.bitsPerSecond > 0, link.capacity != .unlimited else {
                continue
            }
            if let rate = rates.first(where: { $0.port == port.raw }) {
                samples.append(
                    LinkSample(
                        link: link.index, time: now,
                        utilisation: min(1, rate.bitsPerSecond / Double(link.capacity.bitsPerSecond)),
                        lossRatio: rate.lossRatio))
            }
            // Zero is what the port says as well; more is news.
            if let loss = losses.first(where: { $0.port == port.raw }), loss.lossRatio > 0 {
                samples.append(LinkSample(link: link.index, time: now, lossRatio: loss.lossRatio))
            }
        }
        if !samples.isEmpty { handle(.measured(samples)) }
    }

    /// Adds up what rules or groups have counted.
    private func count(_ part: MultipartBody, of connection: SwitchConnection) {
        func sum(_ counters: some Sequence<PacketCounter>) -> PacketCounter {
            counters.reduce(into: PacketCounter(packets: 0, bytes: 0)) { sum, counter in
                // All ones says that the switch does not count.
                if counter.packets != .max {
                    sum.packets = sum.packets.addingReportingOverflow(counter.packets).partialValue
                }
                if counter.bytes != .max { sum.bytes = sum.bytes.addingReportingOverflow(counter.bytes).partialValue }
            }
        }
        switch part {
        case .flows(let entries):
            connection.ruleCount = sum(entries.lazy.map { PacketCounter(packets: $0.packets, bytes: $0.bytes) })
        case .groups(let entries): connection.groupCount = sum(entries.lazy.map(\.total))
        default: break
        }
    }

    private func probe() {
        if policy.switches.wiring == .adopt { adoptWiring() }
        guard let discovery = southbound.discovery else { return }
        for id in southbound.ofNode.values.sorted() {
            guard let connection = southbound.connections[id], let datapath = connection.datapath else { continue }
            for (number, port) in connection.ports.sorted(by: { $0.key < $1.key }) {
                let place = PortPlace(datapath: datapath, port: number)
                guard number <= Port.largestNumber, port.isUp,
                    discovery.concerns(place, all: policy.switches.wiring == .adopt)
                else { continue }
                connection.agent.send(discovery.probe(place, hardwareAddress: port.hardwareAddress))
            }
            southbound.touched.insert(id)
        }
    }

    /// Puts the flows on the links as they were found, where these differ from the topology; what cannot be done now,
    /// since an optimisation runs, is done in a later round. What was found is held against what the operator has said,
    /// so that a link comes back that an earlier round has left out.
    private func adoptWiring() {
        let document = southbound.document ?? plane.topology
        guard let found = southbound.discovery?.adopted(into: document) else { return }
        let proposal = TopologyProposal(found.topology)
        guard proposal != TopologyProposal(plane.topology) else { return }
        southbound.isAdopting = true
        request(.replaceTopology(proposal, dryRun: false), from: ClientID(0))
        guard proposal == TopologyProposal(plane.topology) else {
            southbound.isAdopting = false
            return
        }
        southbound.document = document
        surroundings.log.notice(
            "the wiring is adopted as it was found",
            metadata: [
                "moved": "\(found.moved.joined(separator: " "))", "gone": "\(found.gone.joined(separator: " "))",
            ])
    }

    func discover(_ packet: PacketIn, by connection: SwitchConnection) {
        guard let datapath = connection.datapath, let port = packet.inPort,
            let finding = southbound.discovery?.receive(packet.data, at: PortPlace(datapath: datapath, port: port))
        else { return }
        switch finding {
        case .confirmed: break
        case .mismatched(let sender, let expected, let found):
            surroundings.log.warning(
                "the wiring differs from the topology document",
                metadata: [
                    "from": "\(name(sender))", "expected": "\(expected.map { name($0) } ?? "no link")",
                    "found": "\(name(found))",
                ])
        }
    }

    private func name(_ place: PortPlace) -> String {
        let topology = plane.topology
        let node = topology.switches.first { topology.datapath(of: $0) == place.datapath }
        return "\(node.map { topology[$0].id.text } ?? String(place.datapath.raw, radix: 16)) port \(place.port)"
    }
}
