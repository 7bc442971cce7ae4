// When the faults stop, everything has to come to rest: each request answered, each switch as it should be, each link in
// use again, each flow that holds a path carried along it.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceOpenFlow

extension Simulation {
    /// Virtual time that the network gets to come to rest, in seconds; longer than any time-out of a session.
    private static let restSeconds: Int64 = 150

    func quiesce() {
        isQuiescing = true
        journal.setCapacity(.max)
        journal.disk.isFailing = false
        commitNanoseconds = 300_000
        isSolverTroubled = false
        for cable in cableFaults.indices where cableFaults[cable] > 0 { changeCable(cable, by: -cableFaults[cable]) }
        for node in switchNodes {
            guard let device = switches[node] else { continue }
            if device.stalledUntil > now {
                device.stalledUntil = now
                after(1, .switchResumes(node))
            }
            makeTrustworthy(node)
        }
        runUntil(now + 5_000_000_000)
        if let client = clients.first(where: { $0.connection != nil }) {
            // Of all links: what became of earlier wishes whose client has vanished is not known.
            for cable in topology.cables where !cable.id.hasPrefix("access:") {
                send(
                    client.ask(
                        .other,
                        "\"method\":\"topology.setLink\",\"params\":{\"link\":\"\(cable.id)\",\"state\":\"up\"}",
                        at: now), from: client)
            }
        }
        runUntil(now + Self.restSeconds * 1_000_000_000)
        if result.failure == nil, options.checks { checkRest() }
    }

    private func runUntil(_ end: Int64) {
        while result.failure == nil, let time = queue.nextTime, time <= end, stepAtRest() {}
        now = max(now, end)
    }

    private func checkRest() {
        guard let daemon else { return fail(.convergence, "the daemon has not come back") }
        for client in clients {
            guard client.connection != nil else { return fail(.convergence, "client \(client.index) is not connected") }
            if let question = client.oldestQuestion {
                return fail(
                    .reply, "client \(client.index) was never answered: \(question.body.prefix(120))")
            }
        }
        var copy = daemon.plane
        let effects = copy.handle(.request(Ticket(.max), from: ClientID(1 << 40), .rules(switch: nil)), at: daemon.now)
        for case .reply(_, .success(.rules(let all))) in effects {
            for rules in all {
                guard let index = topology.index(of: rules.switch), let device = switches[index.position] else {
                    continue
                }
                if let fault = difference(rules, device, daemon) {
                    return fail(.convergence, "switch \(rules.switch): \(fault)")
                }
            }
        }
        if let fault = checker?.restFault(daemon, switches: switches, isDown: isDown) {
            return fail(fault.kind, fault.message)
        }
        checker?.checkEverything(daemon, switches: switches, isDown: isDown)
        if let fault = checker?.takeFault() { fail(fault.kind, fault.message) }
    }

    /// Between what a switch holds and what it should.
    private func difference(_ rules: SwitchRules, _ device: SimulatedSwitch, _ daemon: SimulatedDaemon) -> String? {
        guard device.connection != nil, rules.isOwned else { return "it is not connected" }
        guard rules.confirmedRevision == rules.revision else {
            return "it has confirmed revision \(rules.confirmedRevision) of \(rules.revision)"
        }
        guard daemon.isSettled(device.node) else { return "its agent still works" }
        var missing = Dictionary(uniqueKeysWithValues: device.rows.all.map { ($0.key, $0.value) })
        var faults: [String] = []
        for rule in rules.content.rules + LinkDiscovery.standingRules.rules {
            guard let row = try? rule.row() else { continue }
            guard let held = missing.removeValue(forKey: row) else {
                faults.append("the rule of cookie \(rule.cookie) is missing")
                continue
            }
            if CookieMark.cookie(held.cookie) != rule.cookie || held.instructions != rule.instructions {
                faults.append("the rule of cookie \(rule.cookie) is another")
            }
        }
        for row in missing.values {
            faults.append("it holds a rule of cookie \(row.cookie & ~CookieMark.mask) too many")
        }
        // Those that no rule uses may be left behind by sessions that ended in between.
        let unused = device.unused
        if !Self.agree(rules.content.groups.map(\.id), device.groups.keys, except: unused.groups) {
            faults.append("its groups are others")
        }
        if !Self.agree(rules.content.meters.map(\.id), device.meters.keys, except: unused.meters) {
            faults.append("its meters are others")
        }
        return faults.isEmpty ? nil : faults.sorted().prefix(3).joined(separator: "; ")
    }

    private static func agree(_ wanted: [UInt32], _ held: some Sequence<UInt32>, except unused: Set<UInt32>) -> Bool {
        let (wanted, held) = (Set(wanted), Set(held))
        return wanted.isSubset(of: held) && held.subtracting(wanted).isSubset(of: unused)
    }
}
