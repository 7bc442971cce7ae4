// What must be true after every event. It keeps its own account of what was decided, from the records that go to the
// journal, and compares: after each event what the event has touched, and now and then everything from scratch.

import SluiceControlPlane
import SluiceModel
import SluiceOpenFlow
import SluiceSolver

final class Checker {
    struct Fault {
        var kind: SimulationFailure.Kind
        var message: String
    }

    /// A flow of which every packet has to arrive: the control plane has said that all switches hold its rules, and
    /// nothing has happened since that may take a packet away.
    struct Carried {
        var slot: Int
        var direction: Int
        var packet: WalkedPacket
        var match: FlowMatch?
        var source: NodeIndex
        var destination: NodeIndex
        /// Links that its packets may be using, that of a move under way included.
        var links: Set<LinkIndex>
        var placement: PlacementRecord
    }

    let topology: Topology
    let policy: Policy
    let walk: PacketWalk
    var shadow: Shadow
    /// As of what clients have been told, by key.
    private var told: [RecordKey: PlaneRecord] = [:]
    /// Entries of the journal in `told`.
    private var toldEntries: UInt64 = 0
    /// On its way to the disk.
    private var underWay: [PlaneChange] = []
    private var recovered: UInt64?
    private var open: Set<Ticket> = []
    var carried: [UInt64: Carried] = [:]
    /// Number of the unit that was last carried from each slot.
    private var numbers: [Int: UInt64] = [:]
    /// Cookies that are to be looked at after this event.
    private var fresh: Set<UInt64> = []
    /// Cookies of which somebody has taken a rule away.
    private var forgiven: Set<UInt64> = []
    /// Switches of which it is not sure that they do what they say, by node.
    private(set) var suspects: Set<Int>
    private var changedSlots: Set<Int> = []
    private var changedLinks: Set<Int> = []
    private var fault: Fault?
    private(set) var counts: [String: Int] = [:]

    init(topology: Topology, policy: Policy, walk: PacketWalk) {
        self.topology = topology
        self.policy = policy
        self.walk = walk
        shadow = Shadow(linkCount: topology.links.count)
        suspects = Set(topology.switches.map(\.position))
    }

    var hasFault: Bool { fault != nil }

    func takeFault() -> Fault? {
        defer { fault = nil }
        return fault
    }

    func report(_ kind: SimulationFailure.Kind, _ message: @autoclosure () -> String) {
        if fault == nil { fault = Fault(kind: kind, message: message()) }
    }

    func require(_ condition: Bool, _ kind: SimulationFailure.Kind, _ message: @autoclosure () -> String) {
        if !condition { report(kind, message()) }
    }

    private func count(_ name: String) { counts[name, default: 0] += 1 }

    // MARK: After each event

    /// Takes note of one call of the control plane.
    func observe(_ decision: Decision, of daemon: SimulatedDaemon, switches: [SimulatedSwitch?], isDown: [Bool]) {
        if case .request(let ticket, _, _) = decision.event {
            require(open.insert(ticket).inserted, .reply, "ticket \(ticket.raw) is used twice")
        }
        apply(decision.changes, isDown)
        for effect in decision.effects {
            switch effect {
            case .report(let occurrence): take(occurrence, daemon, switches, isDown)
            case .reply(let ticket, let answer):
                count("decisions")
                require(
                    open.remove(ticket) != nil, .reply, "ticket \(ticket.raw) has been answered twice, or never asked")
                if case .request(ticket, _, let request) = decision.event {
                    judge(answer, to: request, daemon)
                }
                if case .success(.optimization(let report)) = answer { judge(report) }
            case .notify, .solve, .wake: break
            }
        }
        guard case .request(let ticket, _, let request) = decision.event, open.contains(ticket) else { return }
        if case .optimize = request { return }
        report(.reply, "a request was not answered: \(String(describing: request).prefix(80))")
    }

    private func apply(_ changes: [PlaneChange], _ isDown: [Bool]) {
        if changes.isEmpty { return }
        let changed = shadow.apply(changes)
        changedSlots.formUnion(changed.slots)
        changedLinks.formUnion(changed.links)
        for slot in changed.slots { follow(slot, isDown) }
    }

    /// What the event has touched agrees with the control plane, the topology and the switches.
    func checkTouched(_ daemon: SimulatedDaemon, switches: [SimulatedSwitch?], isDown: [Bool]) {
        for link in changedLinks.sorted() {
            let index = LinkIndex(link)
            let held = shadow.held[link]
            let ledger = daemon.held(on: index)
            if held != ledger {
                report(.ledger, "\(topology.name(of: index)): the ledger says \(ledger), flows hold \(held)")
            }
            if held > topology.links[link].reservable.bitsPerSecond {
                report(.overbooked, "\(topology.name(of: index)) holds \(held)")
            }
            if held > 0, shadow.state(of: link) == .down {
                report(.path, "\(topology.name(of: index)) is down and holds \(held)")
            }
        }
        for slot in changedSlots.sorted() { if let unit = shadow.units[slot] { check(unit) } }
        changedLinks.removeAll(keepingCapacity: true)
        changedSlots.removeAll(keepingCapacity: true)
        for device in switches {
            guard let device, !device.touched.isEmpty else { continue }
            fresh.formUnion(device.touched)
            device.touched.removeAll(keepingCapacity: true)
        }
        for cookie in fresh.sorted() { if let flow = carried[cookie] { check(flow, cookie, switches, isDown) } }
        fresh.removeAll(keepingCapacity: true)
    }

    private func check(_ unit: ShadowUnit) {
        let isPlaced = unit.state == .admitted || unit.state == .active || unit.state == .degraded
        require(
            isPlaced == (unit.placement != nil), .state,
            "\(unit.ids[0]) is \(unit.state.rawValue) and does not fit that")
        for (flow, place) in zip(unit.directions, unit.placement ?? []) {
            for links in [place.path, place.backup] + place.split.map(\.path) where !links.isEmpty {
                guard let path = Path(links, in: topology) else {
                    report(.path, "\(flow.id): its path loops or does not join")
                    continue
                }
                require(
                    path.source(in: topology) == flow.source && path.destination(in: topology) == flow.destination,
                    .path, "\(flow.id): its path does not join its ends")
                require(flow.constraints.accept(path, in: topology), .path, "\(flow.id): its constraints are broken")
                require(
                    links.allSatisfy { shadow.state(of: $0.position) != .down }, .path,
                    "\(flow.id) runs over a link that is down")
            }
            require(
                place.bandwidth >= flow.minBandwidth && place.bandwidth <= flow.bandwidth, .state,
                "\(flow.id) holds \(place.bandwidth.text)")
        }
    }

    // MARK: Importance

    private func take(
        _ occurrence: Occurrence, _ daemon: SimulatedDaemon, _ switches: [SimulatedSwitch?], _ isDown: [Bool]
    ) {
        count(occurrence.kind.rawValue)
        switch occurrence.kind {
        case .switchOwned:
            guard let node = occurrence.switch.flatMap({ topology.index(of: $0)?.position }) else { return }
            // Not where the session is an old one, of a switch that has gone and come back meanwhile.
            if let device = switches[node], device.liesEvery == nil, let connection = device.connection,
                daemon.connection(of: NodeIndex(node)) == connection
            {
                suspects.remove(node)
            }
        case .switchReleased:
            if let node = occurrence.switch.flatMap({ topology.index(of: $0)?.position }) { suspect(node) }
        case .flowActive: if let id = occurrence.flow { becomeCarried(id, isDown) }
        case .flowInterrupted, .rulesRefused:
            guard let id = occurrence.flow, let cookie = cookie(of: id) else { return }
            carried[cookie] = nil
        case .flowPreempted:
            guard case .preemptedBy(let winner)? = occurrence.reason, let loser = occurrence.flow,
                let victim = shadow.slots[loser].flatMap({ shadow.units[$0] }),
                let newcomer = shadow.slots[winner].flatMap({ shadow.units[$0] })
            else { return }
            count("preemptions checked")
            require(
                victim.hold < newcomer.setup, .priority,
                "\(loser), held at \(victim.hold), gave way to \(winner), set up at \(newcomer.setup)")
            require(victim.yields, .priority, "\(loser), which may not be preempted, gave way to \(winner)")
            require(newcomer.mayPreempt, .priority, "\(winner), which may not preempt, pushed \(loser) out")
        default: break
        }
    }

    private func cookie(of id: FlowID) -> UInt64? {
        guard let slot = shadow.slots[id], let unit = shadow.units[slot],
            let direction = unit.ids.firstIndex(of: id)
        else { return nil }
        return unit.number + UInt64(direction)
    }

    // MARK: What the journal owes

    func writing(_ changes: [PlaneChange]) { underWay = changes }

    /// Clients have been told of `changes`.
    func tell(_ changes: [PlaneChange], entries: UInt64) {
        if changes.isEmpty { return }
        note(changes)
        underWay = []
        toldEntries = entries
    }

    private func note(_ changes: [PlaneChange]) {
        if changes.first?.key == .directory { told = [:] }
        for change in changes { told[change.key] = change.record }
    }

    func crashed(recovered: UInt64) {
        self.recovered = recovered
        open = []
        carried = [:]
        fresh = []
        forgiven = []
    }

    /// A control plane made from the journal: nothing that was told is missing in it, and nothing is there twice.
    func restored(_ plane: ControlPlane) {
        var now = Shadow(linkCount: topology.links.count)
        _ = now.apply(plane.records)
        defer {
            shadow = now
            told = [:]
            note(plane.records)
            changedSlots = []
            changedLinks = Set(topology.links.indices)
            underWay = []
            recovered = nil
        }
        guard let recovered else { return }
        count("restarts checked")
        guard recovered >= toldEntries else {
            return report(
                .durability, "\(toldEntries - recovered) entries of the journal that clients were told of are lost")
        }
        if recovered > toldEntries { note(underWay) }
        toldEntries = recovered
        var expected = Shadow(linkCount: topology.links.count)
        _ = expected.apply(told.keys.sorted().map { PlaneChange(key: $0, record: told[$0]) })
        for slot in Set(expected.units.keys).union(now.units.keys).sorted() {
            switch (expected.units[slot], now.units[slot]) {
            case (let expected?, let found?):
                require(
                    expected.promisesSame(as: found), .durability,
                    "\(expected.ids[0]) is not what it was before the crash")
            case (let expected?, nil): report(.durability, "\(expected.ids[0]) was lost in the crash")
            case (nil, let found?): report(.durability, "\(found.ids[0]) has come out of nothing")
            case (nil, nil): break
            }
        }
    }
}

// MARK: Packets

extension Checker {
    func suspect(_ node: Int) {
        suspects.insert(node)
        let index = NodeIndex(node)
        carried = carried.filter { !$0.value.links.contains { topology.ends(of: $0).from == index } }
    }

    func linkDied(_ link: LinkIndex) { carried = carried.filter { !$0.value.links.contains(link) } }

    func forgive(_ cookie: UInt64) {
        forgiven.insert(cookie)
        carried[cookie] = nil
    }

    private func isSure(_ links: some Sequence<LinkIndex>) -> Bool {
        links.allSatisfy { !suspects.contains(topology.ends(of: $0).from.position) }
    }

    private func becomeCarried(_ id: FlowID, _ isDown: [Bool]) {
        guard let slot = shadow.slots[id], let unit = shadow.units[slot],
            let direction = unit.ids.firstIndex(of: id), let place = unit.placement?[direction]
        else { return }
        let cookie = unit.number + UInt64(direction)
        let flow = unit.directions[direction]
        let links = unit.links[direction]
        guard let packet = WalkedPacket(flow.match), topology.isHost(flow.source), !forgiven.contains(cookie),
            isSure(links), links.allSatisfy({ !isDown[$0.position] })
        else { return }
        carried[cookie] = Carried(
            slot: slot, direction: direction, packet: packet, match: flow.match, source: flow.source,
            destination: flow.destination, links: Set(links), placement: place)
        numbers[slot] = unit.number
        fresh.insert(cookie)
    }

    /// A unit has changed: packets of it may take its new path too, or need not arrive any more.
    func follow(_ slot: Int, _ isDown: [Bool]) {
        let unit = shadow.units[slot]
        // Of the unit that was in the slot before, whatever its number.
        for (cookie, flow) in carriedOf(slot) {
            guard let unit, cookie == unit.number + UInt64(flow.direction), flow.direction < unit.directions.count,
                let place = unit.placement?[flow.direction], unit.directions[flow.direction].match == flow.match
            else {
                carried[cookie] = nil
                continue
            }
            if place == flow.placement { continue }
            carried[cookie]?.placement = place
            carried[cookie]?.links.formUnion(unit.links[flow.direction])
            let isAlive = unit.links[flow.direction].allSatisfy { !isDown[$0.position] }
            if !isAlive || !isSure(unit.links[flow.direction]) { carried[cookie] = nil }
        }
    }

    private func carriedOf(_ slot: Int) -> [(UInt64, Carried)] {
        guard let number = numbers[slot] else { return [] }
        return [number, number + 1].compactMap { cookie in carried[cookie].map { (cookie, $0) } }
    }

    func check(_ flow: Carried, _ cookie: UInt64, _ switches: [SimulatedSwitch?], _ isDown: [Bool]) {
        count("packets walked")
        let end = walk.end(of: flow.packet, from: flow.source, on: switches, isDown: isDown)
        if end == .delivered(flow.destination) { return }
        let id = shadow.units[flow.slot]?.ids[flow.direction].text ?? "cookie \(cookie)"
        report(.packet, "a packet of \(id) (cookie \(cookie)) was \(end)")
    }
}

extension WalkedPacket {
    /// A packet that `match` accepts; nil where it asks for something that packets here have not.
    init?(_ match: FlowMatch?) {
        guard let match, match.etherType == FlowMatch.etherTypeIPv4, let source = match.ipv4Source,
            let destination = match.ipv4Destination, match.ipProtocol == FlowMatch.protocolUDP,
            let destinationPort = match.destinationPort, let sourcePort = match.sourcePort
        else { return nil }
        self.init(
            source: source.address, destination: destination.address, sourcePort: sourcePort,
            destinationPort: destinationPort)
    }
}
