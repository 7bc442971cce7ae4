// Telemetry reports by UDP, on a thread of their own. Datagrams are checked, decoded and reduced to the newest measurement
// of each link there, at a lower priority than decisions; the controller gets at most one hand-over at a time, and rests
// from it nine times as long as it took. So whoever floods the port keeps this thread busy and nothing else: admission
// gives learning a tenth of its time at most, and of what it is given the newest has won.

package import NIOCore
import NIOPosix
package import SluiceModel
package import SluiceTelemetry
import Synchronization

private import Glibc

package final class TelemetryListener: Sendable {
    /// Hands measurements to the controller, which calls `done` with the time it took when it has learned from them.
    package typealias Delivery =
        @Sendable (_ batch: TelemetryBatch, _ done: @escaping @Sendable (TimeAmount) -> Void)
        -> Void

    package enum Failure: Error {
        /// No address and port.
        case notAnAddress(String)
        case system(address: String, message: String)

        package var text: String {
            switch self {
            case .notAnAddress(let text): "\(text) is no address and port, as 0.0.0.0:32766 or [::]:32766"
            case .system(let address, let message): "cannot listen on udp \(address): \(message)"
            }
        }
    }

    private let group: MultiThreadedEventLoopGroup
    private let channels: [any Channel]
    private let desk: NIOLoopBound<TelemetryDesk>
    private let account: TelemetryAccount

    /// Listens on `addresses` for reports about `topology` as `policy` has them.
    package static func start(
        _ addresses: [String], topology: Topology, policy: TelemetryPolicy, deliver: @escaping Delivery
    ) throws(Failure) -> TelemetryListener {
        var parsed: [SocketAddress] = []
        for text in addresses { parsed.append(try socketAddress(text)) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let account = TelemetryAccount()
        var channels: [any Channel] = []
        do {
            let desk = try loop.submit {
                // Who 0 is the calling thread: Linux keeps a nice value for each (setpriority(2), notes).
                _ = setpriority(CInt(PRIO_PROCESS.rawValue), 0, DaemonLimits.telemetryNiceness)
                let desk = TelemetryDesk(
                    loop: loop, topology: topology, policy: policy, account: account, deliver: deliver)
                return NIOLoopBound(desk, eventLoop: loop)
            }.wait()
            for address in parsed {
                let channel = try DatagramBootstrap(group: group)
                    .channelOption(.socketOption(.so_rcvbuf), value: .init(DaemonLimits.telemetryBufferBytes))
                    .channelOption(.datagramVectorReadMessageCount, value: DaemonLimits.telemetryBatch)
                    .channelOption(
                        .recvAllocator,
                        value: FixedSizeRecvByteBufferAllocator(
                            capacity: DaemonLimits.telemetryBatch * DaemonLimits.telemetryDatagramBytes)
                    )
                    .channelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(TelemetryHandler(desk: desk.value))
                        }
                    }
                    .bind(to: address).wait()
                channels.append(channel)
            }
            return TelemetryListener(group: group, channels: channels, desk: desk, account: account)
        } catch {
            let failed = parsed.indices.contains(channels.count) ? addresses[channels.count] : "any address"
            do {
                // Closes the channels that were bound.
                try group.syncShutdownGracefully()
            } catch {
                throw .system(address: failed, message: "\(error)")
            }
            throw .system(address: failed, message: "\(error)")
        }
    }

    private init(
        group: MultiThreadedEventLoopGroup, channels: [any Channel], desk: NIOLoopBound<TelemetryDesk>,
        account: TelemetryAccount
    ) {
        self.group = group
        self.channels = channels
        self.desk = desk
        self.account = account
    }

    /// Where it listens, with the ports that the system chose.
    package var addresses: [String] {
        channels.compactMap { channel in
            channel.localAddress.flatMap { address in
                guard let ip = address.ipAddress, let port = address.port else { return nil }
                return ip.contains(":") ? "[\(ip)]:\(port)" : "\(ip):\(port)"
            }
        }
    }

    /// What has come so far.
    package var counts: TelemetryCounts { account.counts.withLock { $0 } }

    /// Reads from now on as `policy` says; what was counted stays counted.
    ///
    /// - Parameter edition: counts the topologies; batches say for which they were made.
    package func adopt(_ policy: TelemetryPolicy, topology: Topology, edition: Int) {
        group.next().execute { [desk] in desk.value.adopt(policy, topology: topology, edition: edition) }
    }

    package func stop() throws { try group.syncShutdownGracefully() }

    private static func socketAddress(_ text: String) throws(Failure) -> SocketAddress {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            throw .notAnAddress(text)
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        do {
            return try SocketAddress(ipAddress: host, port: Int(port))
        } catch {
            throw .notAnAddress(text)
        }
    }
}

/// The newest measurement of each link since the last batch.
package struct TelemetryBatch: Sendable {
    package let samples: [LinkSample]
    /// Of the topology whose links they name; 0 is that of the start.
    package let edition: Int
}

/// What a listener has seen, shared between its thread and those who ask.
final class TelemetryAccount: Sendable {
    let counts = Mutex(TelemetryCounts())
}

package struct TelemetryCounts: Hashable, Sendable {
    package var datagrams = 0
    /// Datagrams that were decoded and neither duplicate nor late.
    package var reports = 0
    /// Measurements in them.
    package var samples = 0
    /// Measurements handed over: the newest of each link.
    package var handedOver = 0
    /// Reports that the sequence numbers of their senders show to be missing.
    package var lostReports = 0
    package var refusals = RefusalCounts()
    package init() {}
}

/// One socket's datagrams.
private final class TelemetryHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    private let desk: TelemetryDesk

    init(desk: TelemetryDesk) { self.desk = desk }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        desk.receive(Array(envelope.data.readableBytesView), from: envelope.remoteAddress)
    }

    func channelReadComplete(context: ChannelHandlerContext) { desk.settle() }

    /// A datagram socket's errors are of single datagrams, as an ICMP answer to one of ours would be.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
