// A whole network in one thread: clients, the daemon, its disk, its solver, the switches and the links between them,
// driven by one queue of events in virtual time. Everything that is random comes from one seed, so that a failure can be
// had again, made smaller and mended.
//
// From outside come stimuli, one after the other, each from a random stream of its own. What follows from them is
// delivered with delays: bytes of one connection keep their order, as TCP does, and those of different ones do not.

import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceOpenFlow
import SluiceSolver

package final class Simulation {
    enum Happening {
        case stimulus(Int)
        case clientConnects(Int)
        case clientBytes(UInt64, [UInt8])
        case clientClosed(UInt64)
        case replyBytes(client: Int, UInt64, [UInt8])
        case clientLost(client: Int, UInt64)
        case switchConnects(Int)
        case switchBytes(UInt64, [UInt8])
        case programBytes(node: Int, UInt64, [UInt8])
        case switchClosed(UInt64)
        case switchLost(node: Int, UInt64)
        case switchResumes(Int)
        case agentWake(UInt64)
        case planeWake(life: Int, number: Int)
        case committed(life: Int)
        case solved(life: Int, SolveOrder)
        case daemonStarts(life: Int)
        case spaceCheck(life: Int)
        case poll
        case cableUp(Int)
        case nodeUp(Int)
        case trustworthy(Int)
        case diskRoom
        case solverWell
        case diskQuick
    }

    let options: SimulationOptions
    let topology: Topology
    let policy: Policy
    let walk: PacketWalk
    var queue = EventQueue<Happening>()
    /// Told what happens, for those who look into a failure.
    package var trace: ((String) -> Void)?
    /// Nanoseconds of virtual time since the start.
    var now: Int64 = 0
    /// What the wall clock shows beyond virtual time.
    var clockOffset: Int64 = 0
    var delays: RandomStream
    var daemon: SimulatedDaemon?
    /// Counts the lives of the daemon.
    var life = 0
    var journal = SimulatedJournal()
    var clients: [SimulatedClient] = []
    /// By node; nil for hosts.
    var switches: [SimulatedSwitch?]
    var switchNodes: [Int] = []
    /// Physically dead, by link.
    var isDown: [Bool]
    /// Faults that hold a cable down, by cable.
    var cableFaults: [Int]
    /// Links that an operator has taken out of service.
    var operated: Set<String> = []
    var isSolverTroubled = false
    var commitNanoseconds: Int64 = 300_000
    var nextConnection: UInt64 = 1
    private var clientOf: [UInt64: Int] = [:]
    private var nodeOf: [UInt64: Int] = [:]
    private var agentWakes: [UInt64: Int64] = [:]
    private var wakeNumber = 0
    /// When the last bytes of a connection arrive, by twice its number and the direction.
    private var lastArrival: [UInt64: Int64] = [:]
    var checker: Checker?
    var isQuiescing = false
    var result: SimulationResult
    var nextFlow = 0
    let flowTarget: Int
    let meanBandwidth: Int
    let weightSum: Int
    let weights: [(Stimulus, Int)]
    /// Stimuli a second.
    let rate: Double

    package init(_ options: SimulationOptions) {
        self.options = options
        var stream = RandomStream(seed: options.seed, purpose: "world")
        let count = options.nodes ?? 5 + stream.below(12)
        topology = SimulatedNetwork.make(switches: count, stream: &stream)
        policy = SimulatedNetwork.policy(&stream, isPlain: options.profile == .calm)
        flowTarget = options.flows ?? 10 + stream.below(options.profile == .churn ? 400 : 90)
        walk = PacketWalk(topology)
        delays = RandomStream(seed: options.seed, purpose: "delays")
        isDown = Array(repeating: false, count: topology.links.count)
        cableFaults = Array(repeating: 0, count: topology.cables.count)
        switches = Array(repeating: nil, count: topology.nodes.count)
        let trunks = topology.links.count { $0.kind == .trunk }
        // So that what is asked for comes to about what there is: paths of about four links.
        meanBandwidth = max(1_000, 1_000_000_000 / (4 * max(1, flowTarget)) * trunks)
        weights = options.profile.weights
        weightSum = weights.reduce(0) { $0 + $1.1 }
        rate = Double(max(40, flowTarget / 2))
        result = SimulationResult(options: options)
        journal.skipsSync = options.defect == .unsyncedJournal
        for node in topology.switches {
            guard let datapath = topology.datapath(of: node) else { continue }
            var ports: Set<UInt32> = []
            for link in topology.links {
                if link.from == node, let port = link.fromPort { ports.insert(port.raw) }
                if link.to == node, let port = link.toPort { ports.insert(port.raw) }
            }
            switches[node.position] = SimulatedSwitch(
                node: node, datapath: datapath, ports: ports.sorted(), takesBundles: stream.below(2) == 0,
                reorders: stream.below(2) == 0,
                stream: RandomStream(seed: options.seed, purpose: "switch \(node.position)"))
            switchNodes.append(node.position)
        }
        for index in 0..<(2 + stream.below(6)) { clients.append(SimulatedClient(index: index)) }
        if options.checks { checker = Checker(topology: topology, policy: policy, walk: walk) }
    }

    /// Runs to the end, or to the first broken promise.
    package func run() -> SimulationResult {
        startDaemon()
        for node in switchNodes { after(delays.below(200_000_000), .switchConnects(node)) }
        for client in clients { after(delays.below(50_000_000), .clientConnects(client.index)) }
        after(20_000_000, .stimulus(0))
        after(1_000_000_000, .poll)
        while result.failure == nil, result.events < options.events, step() {}
        if result.failure == nil { quiesce() }
        result.virtualSeconds = Double(now) * 1e-9
        result.counts["answers"] = clients.reduce(0) { $0 + $1.answered }
        result.counts["notifications"] = clients.reduce(0) { $0 + $1.notifications }
        result.counts["table changes"] = switches.reduce(0) { $0 + ($1?.modifications ?? 0) }
        if let checker { result.counts.merge(checker.counts) { $1 } }
        return result
    }

    /// One event and its check.
    private func step() -> Bool {
        guard let next = queue.next() else { return false }
        now = max(now, next.time)
        guard take(next.payload) else { return true }
        result.events += 1
        settle()
        return true
    }

    /// The same for the time after the last stimulus.
    func stepAtRest() -> Bool { step() }

    var instant: Instant { Instant(nanoseconds: 1_790_000_000_000_000_000 + now + clockOffset) }

    func fail(_ kind: SimulationFailure.Kind, _ message: String) {
        if result.failure != nil { return }
        result.failure = SimulationFailure(
            kind: kind, message: message, event: result.events, stimulus: result.stimuli, seconds: Double(now) * 1e-9)
    }

    func count(_ name: String) { result.counts[name, default: 0] += 1 }

    // MARK: Time and delays

    func after(_ nanoseconds: Int, _ happening: Happening) { queue.add(happening, at: now + Int64(nanoseconds)) }

    /// When bytes that leave now arrive: never before earlier ones of the same connection and direction.
    private func arrival(_ connection: UInt64, isToDaemon: Bool, mean: Int) -> Int64 {
        let key = connection << 1 | (isToDaemon ? 1 : 0)
        var delay = mean / 4 + delays.below(mean * 3 / 2)
        if delays.below(200) == 0 { delay *= 40 }
        let time = max(now + Int64(delay), (lastArrival[key] ?? 0) + 1)
        lastArrival[key] = time
        return time
    }

    func mix(_ bytes: [UInt8], _ salt: UInt64) {
        var hash = result.fingerprint ^ salt &* 0x9e37_79b9_7f4a_7c15
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        result.fingerprint = hash
    }

    // MARK: What happens

    /// - Returns: whether it was an event: what has become void is none.
    private func take(_ happening: Happening) -> Bool {
        daemon?.tick(instant)
        switch happening {
        case .stimulus(let number):
            if isQuiescing { return false }
            stimulate(number)
        case .clientConnects(let index):
            let client = clients[index]
            guard client.connection == nil else { return false }
            guard let daemon else {
                after(300_000_000, happening)
                return false
            }
            let connection = newConnection()
            clientOf[connection] = index
            daemon.clientCame(connection, user: index)
            send(client.connected(connection, at: now), from: client)
            if index == 0 {
                send(client.ask(.other, "\"method\":\"events.subscribe\",\"params\":{}", at: now), from: client)
            }
        case .clientBytes(let connection, let bytes):
            guard let daemon, daemon.clients[connection] != nil else { return false }
            daemon.clientSent(bytes, over: connection)
        case .clientClosed(let connection):
            guard let daemon, daemon.clients[connection] != nil else { return false }
            daemon.clientGone(connection)
        case .replyBytes(let index, let connection, let bytes):
            guard clients[index].connection == connection else { return false }
            for fault in clients[index].receive(bytes) where options.checks { fail(.reply, fault) }
        case .clientLost(let index, let connection):
            guard clients[index].connection == connection else { return false }
            clients[index].disconnected()
            after(100_000_000 + delays.below(900_000_000), .clientConnects(index))
        case .switchConnects(let node):
            guard let device = switches[node], device.connection == nil else { return false }
            guard let daemon else {
                after(200_000_000, happening)
                return false
            }
            let connection = newConnection()
            device.connection = connection
            nodeOf[connection] = node
            daemon.switchConnected(connection)
            toDaemon(SimulatedSwitch.greeting, over: connection)
        case .switchBytes(let connection, let bytes):
            guard let daemon, daemon.switches[connection] != nil else { return false }
            daemon.switchSent(bytes, over: connection)
        case .programBytes(let node, let connection, let bytes):
            guard let device = switches[node], device.connection == connection else { return false }
            if now < device.stalledUntil || !device.backlog.isEmpty {
                device.backlog += bytes
                return true
            }
            program(device, bytes)
        case .switchClosed(let connection):
            guard let daemon, daemon.switches[connection] != nil else { return false }
            daemon.switchGone(connection)
        case .switchLost(let node, let connection):
            guard let device = switches[node], device.connection == connection else { return false }
            device.disconnect()
            checker?.suspect(node)
            after(100_000_000 + delays.below(1_000_000_000), .switchConnects(node))
        case .switchResumes(let node):
            guard let device = switches[node], now >= device.stalledUntil, !device.backlog.isEmpty else { return false }
            let bytes = device.backlog
            device.backlog = []
            program(device, bytes)
        case .agentWake(let connection):
            guard agentWakes[connection] == now else { return false }
            agentWakes[connection] = nil
            guard let daemon, daemon.switches[connection] != nil else { return false }
            daemon.wakeAgent(connection)
        case .planeWake(let life, let number):
            guard life == self.life, number == wakeNumber, let daemon else { return false }
            daemon.wake()
        case .committed(let life):
            guard life == self.life, let daemon else { return false }
            commit(of: daemon)
        case .solved(let life, let order):
            guard life == self.life, let daemon else { return false }
            solve(order, for: daemon)
        case .daemonStarts(let life):
            guard life == self.life, daemon == nil else { return false }
            startDaemon()
        case .spaceCheck(let life):
            guard life == self.life, let daemon, daemon.isShortOfSpace else { return false }
            if journal.regainReserve() { daemon.isShortOfSpace = false } else { after(500_000_000, happening) }
        case .poll:
            if isQuiescing { return false }
            for node in switchNodes {
                guard let device = switches[node] else { continue }
                for port in device.ports.keys.sorted() { device.count(UInt64(delays.below(50_000_000)), on: port) }
            }
            daemon?.poll()
            after(2_000_000_000, .poll)
        case .cableUp(let cable): changeCable(cable, by: -1)
        case .nodeUp(let node):
            for cable in cables(at: node) { changeCable(cable, by: -1) }
        case .trustworthy(let node): makeTrustworthy(node)
        case .diskRoom: journal.setCapacity(.max)
        case .solverWell: isSolverTroubled = false
        case .diskQuick: commitNanoseconds = 300_000
        }
        return true
    }

    private func newConnection() -> UInt64 {
        defer { nextConnection += 1 }
        return nextConnection
    }

    // MARK: Carrying bytes

    func send(_ bytes: [UInt8], from client: SimulatedClient) {
        guard let connection = client.connection, !bytes.isEmpty else { return }
        mix(bytes, connection)
        // Now and then a line comes in two pieces.
        if bytes.count > 8, delays.below(20) == 0 {
            let cut = 1 + delays.below(bytes.count - 1)
            queue.add(
                .clientBytes(connection, Array(bytes[..<cut])), at: arrival(connection, isToDaemon: true, mean: 200_000)
            )
            queue.add(
                .clientBytes(connection, Array(bytes[cut...])), at: arrival(connection, isToDaemon: true, mean: 200_000)
            )
        } else {
            queue.add(.clientBytes(connection, bytes), at: arrival(connection, isToDaemon: true, mean: 200_000))
        }
    }

    func close(_ client: SimulatedClient) {
        guard let connection = client.connection else { return }
        client.disconnected()
        queue.add(.clientClosed(connection), at: arrival(connection, isToDaemon: true, mean: 200_000))
        after(50_000_000 + delays.below(500_000_000), .clientConnects(client.index))
    }

    func toDaemon(_ bytes: [UInt8], over connection: UInt64) {
        if bytes.isEmpty { return }
        mix(bytes, connection)
        queue.add(.switchBytes(connection, bytes), at: arrival(connection, isToDaemon: true, mean: 800_000))
    }

    private func program(_ device: SimulatedSwitch, _ bytes: [UInt8]) {
        guard let connection = device.connection else { return }
        do throws(Malformed) {
            toDaemon(try device.receive(bytes), over: connection)
        } catch {
            fail(.codec, "a switch was sent what is no OpenFlow message: \(error.text)")
        }
    }

    /// The connection of a switch breaks; both ends find out.
    func breakConnection(_ device: SimulatedSwitch, tellsDaemon: Bool = true) {
        checker?.suspect(device.node.position)
        guard let connection = device.connection else { return }
        device.disconnect()
        if tellsDaemon {
            queue.add(.switchClosed(connection), at: arrival(connection, isToDaemon: true, mean: 800_000))
        }
        after(100_000_000 + delays.below(1_000_000_000), .switchConnects(device.node.position))
    }

    /// What the daemon wants done, and the check of what it has decided.
    private func settle() {
        guard let daemon else { return }
        check(daemon)
        let actions = daemon.actions
        daemon.actions = []
        for action in actions where self.daemon === daemon { perform(action) }
    }

    private func check(_ daemon: SimulatedDaemon) {
        let (decisions, told) = (daemon.decisions, daemon.told)
        daemon.decisions.removeAll(keepingCapacity: true)
        daemon.told.removeAll(keepingCapacity: true)
        guard let checker else { return }
        if let trace { for decision in decisions { tell(decision, trace) } }
        for decision in decisions { checker.observe(decision, of: daemon, switches: switches, isDown: isDown) }
        for changes in told { checker.tell(changes, entries: journal.length) }
        checker.checkTouched(daemon, switches: switches, isDown: isDown)
        if result.events % Self.scratchInterval == 0, !checker.hasFault {
            checker.checkEverything(daemon, switches: switches, isDown: isDown)
            if queue.count > 500_000 { fail(.growth, "\(queue.count) happenings wait") }
        }
        if let fault = checker.takeFault() { fail(fault.kind, fault.message) }
    }

    private func tell(_ decision: Decision, _ trace: (String) -> Void) {
        let time = "\(Double(now) * 1e-9) #\(result.events)"
        switch decision.event {
        case .request(let ticket, let client, let request):
            trace("\(time) \(ticket.raw) of \(client.raw): \(String(describing: request).prefix(300))")
        case .clientGone(let client): trace("\(time) client \(client.raw) gone")
        case .portChanged(let node, let port, let isUp):
            trace("\(time) \(node) port \(port.raw) \(isUp ? "up" : "down")")
        default: break
        }
        for effect in decision.effects {
            switch effect {
            case .report(let occurrence):
                trace(
                    "\(time)   \(occurrence.kind.rawValue) \(occurrence.flow?.text ?? "")"
                        + "\(occurrence.switch?.text ?? "")\(occurrence.link?.text ?? "")"
                        + " \(occurrence.reason?.text ?? "") \(occurrence.path.map(\.text).joined(separator: " "))")
            case .notify(_, .rules(let transaction)):
                let change = transaction.change
                trace(
                    "\(time)   rules \(transaction.switch) \(transaction.revision) round \(transaction.round)"
                        + "\(transaction.isSnapshot ? " snapshot" : "") set \(change.rules.map(\.cookie))"
                        + " deleted \(change.deletedRules.map(\.cookie)) meters \(change.meters.map(\.id))"
                        + " -\(change.deletedMeters)")
            default: break
            }
        }
    }

    /// Events between two checks of everything.
    private static let scratchInterval = 1_000

    private func perform(_ action: DaemonAction) {
        switch action {
        case .send(let connection, let bytes):
            guard let client = clientOf[connection] else { return }
            mix(bytes, connection)
            queue.add(
                .replyBytes(client: client, connection, bytes),
                at: arrival(connection, isToDaemon: false, mean: 200_000))
        case .close(let connection):
            guard let client = clientOf[connection] else { return }
            queue.add(
                .clientLost(client: client, connection), at: arrival(connection, isToDaemon: false, mean: 200_000))
        case .program(let connection, let bytes):
            guard let node = nodeOf[connection] else { return }
            mix(bytes, connection)
            queue.add(
                .programBytes(node: node, connection, bytes),
                at: arrival(connection, isToDaemon: false, mean: 800_000))
        case .drop(let connection):
            guard let node = nodeOf[connection] else { return }
            queue.add(.switchLost(node: node, connection), at: arrival(connection, isToDaemon: false, mean: 800_000))
        case .commit(let entry, let changes):
            checker?.writing(changes)
            do throws(SimulatedDisk.Failure) { try journal.write(entry) } catch { return journalFailed() }
            let delay = Int(commitNanoseconds) / 2 + delays.below(Int(commitNanoseconds))
            after(delay, .committed(life: life))
        case .solve(let order):
            let longest = isSolverTroubled ? 8_000_000_000 : 200_000_000
            after(5_000_000 + delays.below(longest), .solved(life: life, order))
        case .wake(let seconds):
            wakeNumber += 1
            guard let seconds else { return }
            after(Int(min(seconds, 1e6) * 1e9), .planeWake(life: life, number: wakeNumber))
        case .wakeAgent(let connection, let seconds):
            let time = now + Int64(seconds * 1e9)
            if let present = agentWakes[connection], present <= time, present > now { return }
            agentWakes[connection] = time
            queue.add(.agentWake(connection), at: time)
        }
    }

    // MARK: The daemon's life

    private func startDaemon() {
        do throws(RestorationFailure) {
            var plane = try journal.restored(topology, policy: policy, seed: options.seed)
            plane.plantedDefect = options.defect
            checker?.restored(plane)
            let daemon = SimulatedDaemon(plane: plane, defect: options.defect)
            daemon.tick(instant)
            self.daemon = daemon
            daemon.start()
            settle()
        } catch {
            fail(.durability, "what the journal holds cannot be restored: \(error.text)")
        }
    }

    /// The power of the daemon's machine goes.
    func crash(restartAfter nanoseconds: Int) {
        guard daemon != nil else { return }
        count("crashes")
        daemon = nil
        life += 1
        wakeNumber += 1
        let last = journal.recover(&delays)
        checker?.crashed(recovered: last)
        for client in clients {
            guard let connection = client.connection else { continue }
            queue.add(
                .clientLost(client: client.index, connection), at: arrival(connection, isToDaemon: false, mean: 200_000)
            )
        }
        for node in switchNodes {
            checker?.suspect(node)
            guard let connection = switches[node]?.connection else { continue }
            queue.add(.switchLost(node: node, connection), at: arrival(connection, isToDaemon: false, mean: 800_000))
        }
        after(nanoseconds, .daemonStarts(life: life))
    }

    private func commit(of daemon: SimulatedDaemon) {
        do throws(SimulatedDisk.Failure) {
            try journal.sync()
            count("commits")
            if journal.isShortOfSpace, !daemon.isShortOfSpace {
                daemon.isShortOfSpace = true
                count("disk full")
                after(500_000_000, .spaceCheck(life: life))
            }
            daemon.committed()
        } catch { journalFailed() }
    }

    /// The process ends; what is on the disk is read when it begins again.
    private func journalFailed() {
        count("failed commits")
        crash(restartAfter: 1_000_000_000)
    }

    private func solve(_ order: SolveOrder, for daemon: SimulatedDaemon) {
        count("solves")
        if isSolverTroubled, delays.below(2) == 0 {
            daemon.solved(order.id, .failed(message: "the solver's thread has failed"))
            return
        }
        let options = SolveOptions(
            method: delays.below(3) == 0 ? .greedy : order.method, budget: SolveBudget(.work(2_000)), seed: order.seed)
        let solution = AdmissionSolver.solve(order.problem, options: options)
        let isSampled = delays.below(4) == 0
        if let checker, isSampled {
            if let fault = checker.gapFault(solution, of: order.problem, seed: order.seed) { fail(.gap, fault) }
        }
        daemon.solved(order.id, .solved(solution))
    }
}
