// Where the datagrams of all sockets come together, on the telemetry thread alone.

import NIOCore
import SluiceModel
import SluiceTelemetry
import Synchronization

final class TelemetryDesk {
    private let loop: any EventLoop
    private let account: TelemetryAccount
    private let deliver: TelemetryListener.Delivery
    private var policy: TelemetryPolicy
    private var intake: ReportIntake
    private var edition = 0
    private var datagrams = 0
    private var handedOver = 0
    private var clock = SteadyClock()
    /// A hand-over is on its way or has been arranged.
    private var isBusy = false
    /// No hand-over before this.
    private var rest = NIODeadline.now()

    init(
        loop: any EventLoop, topology: Topology, policy: TelemetryPolicy, account: TelemetryAccount,
        deliver: @escaping TelemetryListener.Delivery
    ) {
        self.loop = loop
        self.account = account
        self.deliver = deliver
        self.policy = policy
        intake = ReportIntake(topology: topology, format: ReportFormat(policy), units: HopUnits(policy))
    }

    func adopt(_ policy: TelemetryPolicy, topology: Topology, edition: Int) {
        self.policy = policy
        self.edition = edition
        intake.adopt(topology: topology, format: ReportFormat(policy), units: HopUnits(policy))
    }

    func receive(_ datagram: [UInt8], from address: SocketAddress) {
        datagrams += 1
        guard let source = TelemetryPolicy.Source(address), policy.accepts(source) else { return intake.refuseSource() }
        intake.receive(datagram, at: clock.now())
    }

    /// After each turn of reading: what was counted is shown, and what was measured is on its way.
    func settle() {
        account.counts.withLock {
            $0.datagrams = datagrams
            $0.reports = intake.reports
            $0.samples = intake.samples
            $0.handedOver = handedOver
            $0.lostReports = intake.lostReports
            $0.refusals = intake.refusals
        }
        guard !isBusy, intake.holdsSamples else { return }
        isBusy = true
        let desk = NIOLoopBound(self, eventLoop: loop)
        // A packet's hops, and switches that report at the same time, come together.
        let due = max(rest, .now() + DaemonLimits.telemetryGathering)
        loop.scheduleTask(deadline: due) { desk.value.handOver() }
    }

    private func handOver() {
        let batch = TelemetryBatch(samples: intake.drain(), edition: edition)
        handedOver += batch.samples.count
        let desk = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        deliver(batch) { taken in
            loop.execute { desk.value.delivered(taken) }
        }
    }

    private func delivered(_ taken: TimeAmount) {
        isBusy = false
        let pause = max(DaemonLimits.telemetryInterval.nanoseconds, 9 * taken.nanoseconds)
        rest = .now() + .nanoseconds(pause)
        settle()
    }
}

extension TelemetryPolicy.Source {
    /// The address of a sender; one of IPv4 that came by a socket of IPv6 is one of IPv4.
    init?(_ address: SocketAddress) {
        // In network order from byte 4 on (ip(7)), or from byte 8 on (ipv6(7)).
        func bytes(_ range: Range<Int>) -> UInt128 {
            address.withSockAddr { pointer, _ in
                let raw = UnsafeRawPointer(pointer)
                return range.reduce(0) { $0 << 8 | UInt128(raw.load(fromByteOffset: $1, as: UInt8.self)) }
            }
        }
        switch address {
        case .v4: self = .ipv4(IPv4Prefix(UInt32(truncatingIfNeeded: bytes(4..<8))))
        case .v6:
            let value = bytes(8..<24)
            if value >> 32 == 0xffff {
                self = .ipv4(IPv4Prefix(UInt32(truncatingIfNeeded: value)))
            } else {
                self = .ipv6(IPv6Prefix(value))
            }
        case .unixDomainSocket: return nil
        }
    }
}

extension ReportFormat {
    init(_ policy: TelemetryPolicy) {
        self.init(
            associationBits: policy.associationBits == .afterReserved ? .afterReserved : .beforeReserved,
            placement: StackPlacement(dscp: policy.intDSCP, udpPort: policy.intPort))
    }
}

extension HopUnits {
    init(_ policy: TelemetryPolicy) {
        self.init(
            queueUnitBytes: policy.queueUnitBytes, latencyUnitNanoseconds: policy.latencyUnitNanoseconds,
            fullUtilisation: UInt32(policy.fullUtilisation),
            timestamps: policy.clockToleranceSeconds.map { .synchronised(toleranceSeconds: $0) } ?? .arrival)
    }
}
