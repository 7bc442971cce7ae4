// What the world does to Sluice: requests of clients, and everything that fails.

import SluiceModel
import SluiceOpenFlow

extension Simulation {
    /// Does the stimulus of this number and puts the next on the queue.
    func stimulate(_ number: Int) {
        result.stimuli = number + 1
        var stream = RandomStream(
            seed: options.seed &+ UInt64(number) &* 0x9e37_79b9_7f4a_7c15, purpose: "stimulus")
        let pace = max(0.01, options.profile.pace(at: Double(now) * 1e-9))
        let gap = 2 * stream.unit() / (rate * pace)
        after(1 + Int(gap * 1e9), .stimulus(number + 1))
        var choice = stream.below(weightSum)
        var stimulus = Stimulus.submit
        for (kind, weight) in weights {
            if choice < weight {
                stimulus = kind
                break
            }
            choice -= weight
        }
        if options.skipped.contains(where: { $0.contains(number) }) { return }
        let live = clients.reduce(0) { $0 + $1.flows.count }
        // Until the network is filled, and when it has become too full.
        if live < flowTarget / 2, stimulus == .withdraw { stimulus = stream.below(8) == 0 ? .submitBatch : .submit }
        if live > flowTarget, stimulus == .submit || stimulus == .submitBatch { stimulus = .withdraw }
        count(stimulus.rawValue)
        trace?("\(Double(now) * 1e-9) #\(result.events) stimulus \(number): \(stimulus.rawValue)")
        perform(stimulus, &stream)
    }

    private func perform(_ stimulus: Stimulus, _ stream: inout RandomStream) {
        switch stimulus {
        case .submit, .submitBatch, .withdraw, .update, .look, .telemetry, .optimize, .garbage, .operate:
            let client = clients[stream.below(clients.count)]
            if client.connection != nil { ask(stimulus, client, &stream) }
        case .vanish:
            let client = clients[stream.below(clients.count)]
            guard client.connection != nil else { return }
            let line = client.ask(.other, "\"method\":\"system.status\",\"params\":{}", at: now)
            send(Array(line.prefix(1 + stream.below(line.count))), from: client)
            close(client)
        case .reconnect: close(clients[stream.below(clients.count)])
        case .linkDown, .nodeDown, .switchRestart, .switchDisconnect, .stall, .refuse, .lie, .loseRow:
            harmNetwork(stimulus, &stream)
        case .clockJump:
            clockOffset += Int64(stream.below(2) == 0 ? -stream.below(20) : stream.below(600)) * 1_000_000_000
        case .crash: crash(restartAfter: 50_000_000 + stream.below(500_000_000))
        case .diskFull:
            let used = journal.disk.durable.count + journal.disk.cached.count
            journal.setCapacity(used + (300 << 10) + stream.below(20_000))
            after(1_000_000_000 + stream.below(4_000_000_000), .diskRoom)
        case .diskFailure: journal.disk.isFailing = true
        case .solverTrouble:
            isSolverTroubled = true
            after(stream.below(20_000_000_000), .solverWell)
        case .slowDisk:
            commitNanoseconds = 40_000_000
            after(stream.below(3_000_000_000), .diskQuick)
        }
    }

    // MARK: Requests

    private func ask(_ stimulus: Stimulus, _ client: SimulatedClient, _ stream: inout RandomStream) {
        switch stimulus {
        case .submit:
            let (id, params) = flow(&stream)
            var body = "\"method\":\"flow.submit\",\"params\":{\(params)}"
            if stream.below(16) == 0 {
                body = "\"method\":\"flow.submit\",\"params\":{\(params),\"dryRun\":true}"
                send(client.ask(.other, body, at: now), from: client)
            } else {
                send(client.ask(.submit(id: id), body, at: now), from: client)
            }
        case .submitBatch:
            let flows = (0..<(2 + stream.below(20))).map { _ in flow(&stream) }
            let list = flows.map { "{\($0.params)}" }.joined(separator: ",")
            let atomic = stream.below(3) == 0
            send(
                client.ask(
                    .other, "\"method\":\"flow.submitBatch\",\"params\":{\"flows\":[\(list)],\"atomic\":\(atomic)}",
                    at: now), from: client)
            // Those that were refused are found out when they are withdrawn.
            client.rememberAll(flows.map(\.id))
        case .withdraw:
            guard !client.flows.isEmpty else { return }
            let id = client.flows[stream.below(client.flows.count)]
            send(
                client.ask(.withdraw(id: id), "\"method\":\"flow.withdraw\",\"params\":{\"id\":\"\(id)\"}", at: now),
                from: client)
        case .update:
            guard !client.flows.isEmpty else { return }
            let id = client.flows[stream.below(client.flows.count)]
            let change =
                switch stream.below(3) {
                case 0: "\"bandwidth\":\(bandwidth(&stream))"
                case 1: "\"priority\":\(stream.below(8))"
                default: "\"constraints\":{\"avoid\":[\"s\(stream.below(switchNodes.count))\"]}"
                }
            send(
                client.ask(.other, "\"method\":\"flow.update\",\"params\":{\"id\":\"\(id)\",\(change)}", at: now),
                from: client)
        case .look:
            let id = client.flows.isEmpty ? "none" : client.flows[stream.below(client.flows.count)]
            let body =
                switch stream.below(8) {
                case 0: "\"method\":\"flow.list\",\"params\":{\"limit\":5}"
                case 1: "\"method\":\"system.status\",\"params\":{}"
                case 2, 3: "\"method\":\"flow.explain\",\"params\":{\"id\":\"\(id)\"}"
                case 4: "\"method\":\"optimize.status\",\"params\":{}"
                default: "\"method\":\"flow.get\",\"params\":{\"id\":\"\(id)\"}"
                }
            send(client.ask(.other, body, at: now), from: client)
        case .telemetry:
            var samples: [String] = []
            for _ in 0..<(1 + stream.below(8)) {
                let link = topology.links[stream.below(topology.links.count)]
                let load = Double(stream.below(1_000)) / 1_000
                // Reports come late, or out of order.
                let age = stream.below(4) == 0 ? Double(stream.below(20)) : 0
                samples.append(
                    "{\"link\":\"\(link.id)\",\"time\":\"\(instant.advanced(bySeconds: -age).text)\","
                        + "\"utilisation\":\(load),\"latencyMicroseconds\":\(stream.below(20_000))}")
            }
            send(
                client.ask(
                    .other,
                    "\"method\":\"telemetry.report\",\"params\":{\"samples\":[\(samples.joined(separator: ","))]}",
                    at: now), from: client)
        case .optimize:
            send(
                client.ask(
                    .other, "\"method\":\"optimize.run\",\"params\":{\"maxMoves\":\(stream.below(50))}", at: now),
                from: client)
        case .operate: operate(client, &stream)
        case .garbage: send(garbage(&stream), from: client)
        default: break
        }
    }

    private func operate(_ client: SimulatedClient, _ stream: inout RandomStream) {
        let trunks = topology.cables.filter { !$0.id.hasPrefix("access:") }
        let link: String
        let state: String
        if !operated.isEmpty, stream.below(2) == 0 || operated.count > trunks.count / 6 {
            link = operated.sorted()[stream.below(operated.count)]
            state = "up"
            operated.remove(link)
        } else {
            link = trunks[stream.below(trunks.count)].id
            state = stream.below(2) == 0 ? "drained" : "down"
            operated.insert(link)
        }
        send(
            client.ask(
                .other, "\"method\":\"topology.setLink\",\"params\":{\"link\":\"\(link)\",\"state\":\"\(state)\"}",
                at: now), from: client)
    }

    /// Lines that are almost, or not at all, what a client may say.
    private func garbage(_ stream: inout RandomStream) -> [UInt8] {
        switch stream.below(5) {
        case 0: return (0..<(1 + stream.below(200))).map { _ in UInt8(stream.below(256)) } + [10]
        case 1: return Array("{\"jsonrpc\":\"2.0\",\"method\":\"flow.submit\",\"params\":{\"id\":7}}\n".utf8)
        case 2: return Array("[{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"no.such\"},3,[]]\n".utf8)
        case 3: return Array(repeating: UInt8(ascii: "["), count: 300) + [10]
        default:
            var line = Array("{\"jsonrpc\":\"2.0\",\"method\":\"flow.get\",\"params\":{\"id\":\"x\"}}".utf8)
            line[stream.below(line.count)] = UInt8(stream.below(256))
            return line + [10]
        }
    }

    private func bandwidth(_ stream: inout RandomStream) -> Int { 1 + stream.below(2 * meanBandwidth) }

    private func flow(_ stream: inout RandomStream) -> (id: String, params: String) {
        nextFlow += 1
        let id = "f\(nextFlow)"
        let count = switchNodes.count
        let from = stream.below(count)
        let to = (from + 1 + stream.below(count - 1)) % count
        let match =
            "\"match\":{\"ipv4_src\":\"172.16.\(from / 256).\(from % 256)\",\"ipv4_dst\":\"172.17.\(to / 256).\(to % 256)\","
            + "\"udp_src\":\(1 + nextFlow / 60_000),\"udp_dst\":\(1 + nextFlow % 60_000)}"
        var members = [
            "\"id\":\"\(id)\"", "\"source\":\"h\(from)\"", "\"destination\":\"h\(to)\"",
            "\"bandwidth\":\(bandwidth(&stream))", match,
        ]
        if stream.below(3) == 0 {
            members.append("\"class\":\"\(policy.classes[stream.below(policy.classes.count)].name)\"")
        } else {
            members.append("\"priority\":\(stream.below(8))")
        }
        switch stream.below(16) {
        case 0: members.append("\"reverseBandwidth\":\(bandwidth(&stream))")
        case 1: members.append("\"protection\":\"\(stream.below(2) == 0 ? "linkDisjoint" : "nodeDisjoint")\"")
        case 2: members.append("\"minBandwidth\":1000")
        case 3: members.append("\"constraints\":{\"maxLatency\":\(1_000 + stream.below(10_000))}")
        case 4: members.append("\"constraints\":{\"avoid\":[\"s\((to + 1) % count)\"]}")
        case 5: members.append("\"startTime\":\"\(instant.advanced(bySeconds: Double(stream.below(20))).text)\"")
        default: break
        }
        if let most = options.profile.lifetimeSeconds {
            members.append("\"lifetimeSeconds\":\(1 + stream.below(most))")
        } else if stream.below(8) == 0 {
            members.append("\"lifetimeSeconds\":\(1 + stream.below(120))")
        }
        return (id, members.joined(separator: ","))
    }

    // MARK: Faults of the network

    func cables(at node: Int) -> [Int] {
        let id = topology.nodes[node].id
        return topology.cables.indices.filter {
            !topology.cables[$0].id.hasPrefix("access:")
                && (topology.cables[$0].a.node == id || topology.cables[$0].b.node == id)
        }
    }

    private func harmNetwork(_ stimulus: Stimulus, _ stream: inout RandomStream) {
        let node = switchNodes[stream.below(switchNodes.count)]
        guard let device = switches[node] else { return }
        switch stimulus {
        case .linkDown:
            let trunks = topology.cables.indices.filter { !topology.cables[$0].id.hasPrefix("access:") }
            let cable = trunks[stream.below(trunks.count)]
            changeCable(cable, by: 1)
            after(100_000_000 + stream.below(stream.below(3) == 0 ? 20_000_000_000 : 2_000_000_000), .cableUp(cable))
        case .nodeDown:
            for cable in cables(at: node) { changeCable(cable, by: 1) }
            after(200_000_000 + stream.below(5_000_000_000), .nodeUp(node))
        case .switchRestart:
            // Half of them come back before the daemon has noticed that they were gone.
            let connection = device.connection
            device.restart()
            device.connection = connection
            breakConnection(device, tellsDaemon: stream.below(2) == 0)
        case .switchDisconnect: breakConnection(device, tellsDaemon: stream.below(2) == 0)
        case .stall:
            let length = 100_000_000 + stream.below(20_000_000_000)
            device.stalledUntil = now + Int64(length)
            after(length, .switchResumes(node))
        case .refuse:
            device.refusalMask = 3
            after(1_000_000_000 + stream.below(20_000_000_000), .trustworthy(node))
        case .lie:
            device.liesEvery = 3
            checker?.suspect(node)
            after(1_000_000_000 + stream.below(10_000_000_000), .trustworthy(node))
        case .loseRow:
            let bytes = device.loseRow()
            for cookie in device.touched { checker?.forgive(cookie) }
            if let connection = device.connection { toDaemon(bytes, over: connection) }
        default: break
        }
    }

    /// A switch that has refused or lied does so no more; it connects anew, and its tables are read back.
    func makeTrustworthy(_ node: Int) {
        guard let device = switches[node], device.refusalMask != nil || device.liesEvery != nil else { return }
        device.refusalMask = nil
        device.liesEvery = nil
        breakConnection(device)
    }

    /// One fault more, or less, that holds a cable down; the switches at its ends tell of what changes.
    func changeCable(_ cable: Int, by difference: Int) {
        let wasDown = cableFaults[cable] > 0
        cableFaults[cable] += difference
        let isDown = cableFaults[cable] > 0
        guard wasDown != isDown else { return }
        for link in topology.links where link.cable == cable {
            self.isDown[link.index.position] = isDown
            if isDown { checker?.linkDied(link.index) }
            guard let device = switches[link.from.position], let port = link.fromPort else { continue }
            device.ports[port.raw] = !isDown
            if let connection = device.connection { toDaemon(device.portStatus(port.raw), over: connection) }
        }
    }
}
