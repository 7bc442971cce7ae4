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

    /// Asks every settled switch for its ports' counters, one message each; where that is more than the budget of a
    /// second allows, a switch that still owes an answer is passed over.
    private func poll() {
        var budget = OpenFlowLimits.pollsPerSecond
        for id in southbound.ofNode.values.sorted() {
            guard budget > 0 else { return }
            guard let connection = southbound.connections[id], connection.polls.isEmpty else { continue }
            guard let xid = connection.agent.ask(.ports(MultipartRequest.allPorts), at: clock.now()) else { continue }
            connection.polls.insert(xid)
            southbound.touched.insert(id)
            budget -= 1
        }
    }

    func takeCounters(_ parts: [MultipartBody], of connection: SwitchConnection) {
        var statistics: [PortStatistics] = []
        for case .ports(let entries) in parts { statistics += entries }
        let now = clock.now()
        let rates = connection.counters.record(statistics, at: now)
        guard let node = connection.node, let index = plane.topology.index(of: node) else { return }
        var samples: [LinkSample] = []
        for link in plane.topology.links where link.from == index {
            guard let port = link.fromPort, let rate = rates.first(where: { $0.port == port.raw }) else { continue }
            let capacity = Double(link.capacity.bitsPerSecond)
            guard capacity > 0, link.capacity != .unlimited else { continue }
            samples.append(
                LinkSample(
                    link: link.index, time: now, utilisation: min(1, rate.bitsPerSecond / capacity),
                    lossRatio: rate.lossRatio))
        }
        if !samples.isEmpty { handle(.measured(samples)) }
    }

    private func probe() {
        guard let discovery = southbound.discovery else { return }
        for id in southbound.ofNode.values.sorted() {
            guard let connection = southbound.connections[id], let datapath = connection.datapath else { continue }
            for number in discovery.ports(of: datapath) {
                guard let port = connection.ports[number], port.isUp else { continue }
                connection.agent.send(
                    discovery.probe(
                        PortPlace(datapath: datapath, port: number), hardwareAddress: port.hardwareAddress))
            }
            southbound.touched.insert(id)
        }
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
