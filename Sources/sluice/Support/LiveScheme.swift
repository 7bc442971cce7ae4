// A running daemon in a replay: flows are submitted to its control socket when their time comes, scaled.

import SluiceJSON
import SluiceModel
import SluiceProtocol
import SluiceSimulation

private import Glibc
private import Synchronization

/// Waits for each event's time and asks the daemon. Flows are named `replay-f1`, `replay-f2`, ..., and are withdrawn at
/// their end, also where the replay is interrupted.
///
/// What happens to flows between its own requests is known from the answers to them: who had to give way, move, or came
/// back. What the daemon holds on its links is not asked for.
struct LiveScheme: ReplayScheme {
    let name = "live"
    let wake: Instant? = nil

    private var client: ControlClient
    private let topology: Topology
    private let policy: Policy
    private let start: Instant
    private let speed: ReplaySpeed
    private let begun = ContinuousClock.now
    private var changes: [ReplayChange] = []
    /// What the flows that the daemon knows have asked for, by position.
    private var live: [Int: Bandwidth] = [:]
    /// Why the daemon cannot be asked any more.
    private var failure: CommandFailure?

    private static let prefix = "replay-"

    /// - Parameter start: the instant of the first arrival.
    init(
        socket: String, topology: Topology, policy: Policy, start: Instant, speed: ReplaySpeed
    ) throws(CommandFailure) {
        client = try ControlClient(socket)
        self.topology = topology
        self.policy = policy
        self.start = start
        self.speed = speed
        Interruption.watch()
        try checkClasses()
    }

    /// The daemon must know the classes that flows will be submitted in.
    private mutating func checkClasses() throws(CommandFailure) {
        let answer = try client.call(.policyGet)
        let classes = (answer["policy"] ?? answer)["classes"]?.array?.compactMap { $0["name"]?.string } ?? []
        for trafficClass in policy.classes where !classes.contains(trafficClass.name) {
            throw CommandFailure(
                .usage, "--policy", "the daemon's policy has no class \"\(trafficClass.name)\"",
                remedy: "replay with the daemon's policy, or give the daemon this one: sluice policy apply")
        }
    }

    mutating func arrive(_ flow: ReplayFlow, at position: Int, now: Instant) -> ReplayDecision {
        return submit(flow, at: position, bandwidth: flow.bandwidth)
    }

    mutating func changeRate(
        of flow: ReplayFlow, at position: Int, to bandwidth: Bandwidth, now: Instant
    ) -> ReplayDecision {
        guard live[position] != nil else { return submit(flow, at: position, bandwidth: bandwidth) }
        return decision(of: position, asking: bandwidth) { client throws(CommandFailure) in
            try client.call(.flowUpdate) { writer in
                writer.member("id", Self.prefix + flow.id.text)
                writer.member("bandwidth", bandwidth.bitsPerSecond)
            }
        }
    }

    mutating func depart(_ flow: ReplayFlow, at position: Int, now: Instant) {
        guard live.removeValue(forKey: position) != nil, failure == nil else { return }
        do throws(CommandFailure) {
            note(try client.call(.flowWithdraw) { $0.member("id", Self.prefix + flow.id.text) })
        } catch {
            // A flow that has expired or was dropped is gone already.
            if error.status != .usage, error.status != .refused { failure = error }
        }
    }

    mutating func change(_ links: [LinkIndex], to state: LinkState, now: Instant) {
        let topology = topology
        for link in links where failure == nil {
            do throws(CommandFailure) {
                note(
                    try client.call(.topologySetLink) { writer in
                        writer.member("link", topology[link].id.text)
                        writer.member("state", state.rawValue)
                    })
            } catch {
                failure = error
            }
        }
    }

    mutating func reachTime(_ now: Instant) {}

    mutating func takeChanges() -> [ReplayChange] {
        defer { changes = [] }
        return changes
    }

    func held(on link: LinkIndex) -> Bandwidth { .zero }

    /// Throws what stopped the replay, if anything did.
    mutating func finish() throws(CommandFailure) {
        if let failure { throw failure }
    }

    /// Sleeps until the scaled instant has come. Where the replay is interrupted, withdraws what is there and ends the
    /// process as the signal would have.
    mutating func awaitTime(_ instant: Instant) {
        if case .times(let factor) = speed {
            let due = instant.seconds(since: start) / factor
            while !Interruption.hasCome {
                let left = due - begun.duration(to: .now) / .seconds(1)
                if left <= 0 { break }
                // Short enough that a signal is noticed soon; nanosleep also returns at once where one comes.
                let step = min(left, 0.2)
                var time = timespec(tv_sec: Int(step), tv_nsec: Int((step - Double(Int(step))) * 1e9))
                nanosleep(&time, nil)
            }
        }
        guard Interruption.hasCome else { return }
        var withdrawn = 0
        for position in live.keys.sorted() where failure == nil {
            do throws(CommandFailure) {
                _ = try client.call(.flowWithdraw) { $0.member("id", "\(Self.prefix)f\(position + 1)") }
                withdrawn += 1
            } catch {
                if error.status != .usage, error.status != .refused { failure = error }
            }
        }
        StandardError.write("\nsluice: interrupted; \(withdrawn) of \(live.count) live flows withdrawn\n")
        exit(128 + SIGINT)
    }

    // MARK: Asking

    private mutating func submit(_ flow: ReplayFlow, at position: Int, bandwidth: Bandwidth) -> ReplayDecision {
        let (topology, policy) = (topology, policy)
        return decision(of: position, asking: bandwidth) { client throws(CommandFailure) in
            try client.call(.flowSubmit) { writer in
                writer.member("id", Self.prefix + flow.id.text)
                writer.member("source", topology[flow.source].id.text)
                writer.member("destination", topology[flow.destination].id.text)
                writer.member("bandwidth", bandwidth.bitsPerSecond)
                writer.member("class", policy.classes[flow.trafficClass].name)
                writer.name("match")
                writer.beginObject()
                flow.match.write(to: &writer)
                writer.endObject()
            }
        }
    }

    private mutating func decision(
        of position: Int, asking wanted: Bandwidth,
        _ ask: (inout ControlClient) throws(CommandFailure) -> JSONNode
    ) -> ReplayDecision {
        guard failure == nil else { return .refused(code: "not_asked", bottlenecks: []) }
        do throws(CommandFailure) {
            let result = try ask(&client)
            note(result)
            if let rejection = result["rejection"], let code = rejection["code"]?.string {
                let links = rejection["bottlenecks"]?.array?.compactMap { $0["link"]?.string } ?? []
                return .refused(code: code, bottlenecks: links.compactMap { topology.index(of: LinkID($0)) })
            }
            live[position] = wanted
            // Step by step: as one chain of optionals this makes the optimiser of Swift 6.3.1 crash.
            guard let flow = result["flow"], let granted = flow["bandwidth"]?.integer,
                let bandwidth = Bandwidth(exactly: granted)
            else { return .waiting }
            guard let state = flow["state"]?.string, ["admitted", "active", "degraded"].contains(state) else {
                return .waiting
            }
            return .admitted(bandwidth: bandwidth)
        } catch {
            guard error.status == .usage || error.status == .refused else {
                failure = error
                return .refused(code: "not_asked", bottlenecks: [])
            }
            return .refused(code: error.answer?["data"]?["code"]?.string ?? "refused", bottlenecks: [])
        }
    }

    /// What an answer says of other flows of this replay.
    private mutating func note(_ answer: JSONNode) {
        for flow in answer["preempted"]?.array ?? [] { note(flow, .preempted) }
        for flow in answer["moved"]?.array ?? [] { note(flow, .moved(byLearning: false)) }
        for id in answer["returned"]?.array ?? [] {
            guard let position = position(of: id), let wanted = live[position] else { continue }
            changes.append(ReplayChange(position: position, kind: .carried(bandwidth: wanted)))
        }
    }

    private mutating func note(_ flow: JSONNode, _ kind: ReplayChange.Kind) {
        guard let id = flow["id"], let position = position(of: id), live[position] != nil else { return }
        changes.append(ReplayChange(position: position, kind: kind))
    }

    /// Nil for flows that are not of this replay.
    private func position(of id: JSONNode) -> Int? {
        guard let id = id.string, id.hasPrefix(Self.prefix + "f") else { return nil }
        return Int(id.dropFirst(Self.prefix.count + 1)).map { $0 - 1 }
    }
}

/// Whether SIGINT or SIGTERM has come. The handler only sets a flag, which is all that a handler may do.
private enum Interruption {
    private static let flag = Atomic<Bool>(false)

    static var hasCome: Bool { flag.load(ordering: .relaxed) }

    static func watch() {
        // The flag must be there before a handler may touch it.
        guard !hasCome else { return }
        var both = sigset_t()
        sigemptyset(&both)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in Interruption.flag.store(true, ordering: .relaxed) }
            sigaddset(&both, number)
        }
        // Who started this may have blocked them, and a blocked signal would never come.
        pthread_sigmask(SIG_UNBLOCK, &both, nil)
    }
}

extension FlowMatch {
    /// The members that a captured flow's match has, by the names of the wire.
    fileprivate func write(to writer: inout JSONWriter) {
        writer.member("eth_type", etherType.map { Int($0) })
        writer.member("vlan_vid", vlan.map { Int($0) })
        writer.member("ip_proto", ipProtocol.map { Int($0) })
        writer.member("ip_dscp", dscp.map { Int($0) })
        writer.member("ipv4_src", ipv4Source?.text)
        writer.member("ipv4_dst", ipv4Destination?.text)
        writer.member("ipv6_src", ipv6Source?.text)
        writer.member("ipv6_dst", ipv6Destination?.text)
        let transport: String? =
            switch ipProtocol {
            case Self.protocolTCP: "tcp"
            case Self.protocolUDP: "udp"
            case Self.protocolSCTP: "sctp"
            default: nil
            }
        guard let transport else { return }
        writer.member("\(transport)_src", sourcePort.map { Int($0) })
        writer.member("\(transport)_dst", destinationPort.map { Int($0) })
    }
}
