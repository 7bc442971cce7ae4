// The loopback listener that Prometheus scrapes. It answers numbers about the network without asking who asks, so it
// listens on loopback addresses only; put a proxy that asks in front of it for others.

package import NIOCore
package import NIOPosix

private import Glibc

/// Where metrics are served: an IP address of this machine's loopback and a port.
package struct LoopbackAddress: Hashable, Sendable {
    package let host: String
    package let port: Int

    package enum Failure: Error, Hashable {
        case malformed(String)
        case notLoopback(String)

        package var text: String {
            switch self {
            case .malformed(let text): "\(text): is no ADDRESS:PORT, such as 127.0.0.1:9480 or [::1]:9480"
            case .notLoopback(let text):
                "\(text): is no loopback address; metrics are served on 127.0.0.0/8 and ::1 only"
            }
        }
    }

    /// `127.0.0.1:9480`, `[::1]:9480`, or a port alone, which means 127.0.0.1. Port 0 has the system choose one.
    package init(_ text: String) throws(Failure) {
        let portText: Substring
        if let separator = text.lastIndex(of: ":") {
            var name = text[..<separator]
            if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
            host = String(name)
            portText = text[text.index(after: separator)...]
        } else {
            host = "127.0.0.1"
            portText = text[...]
        }
        guard let port = Int(portText), (0...65_535).contains(port), portText.allSatisfy(\.isNumber),
            let isLoopback = Self.isLoopback(host)
        else { throw .malformed(text) }
        self.port = port
        guard isLoopback else { throw .notLoopback(text) }
    }

    package var text: String { "\(hostText):\(port)" }

    /// As it stands before a port.
    var hostText: String { host.contains(":") ? "[\(host)]" : host }

    /// Whether `host` is a loopback address; nil where it is no address at all.
    private static func isLoopback(_ host: String) -> Bool? {
        var version4 = in_addr()
        if inet_pton(AF_INET, host, &version4) == 1 {
            return withUnsafeBytes(of: version4) { $0[0] == 127 }
        }
        var version6 = in6_addr()
        guard inet_pton(AF_INET6, host, &version6) == 1 else { return nil }
        return withUnsafeBytes(of: version6) { $0.dropLast().allSatisfy { $0 == 0 } && $0[15] == 1 }
    }
}

package enum MetricsListener {
    /// Serves `GET /metrics` for `controller` on its own event loop, which is the only one of `group`.
    package static func start(
        on address: LoopbackAddress, group: MultiThreadedEventLoopGroup, controller: Controller
    ) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ScrapeHandler(controller: controller))
                }
            }
            .bind(host: address.host, port: address.port)
    }
}

/// One scrape: a connection answers once and closes.
private final class ScrapeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let controller: Controller
    private var request = ScrapeRequest()
    private var hasAnswered = false
    private var deadline: Scheduled<Void>?

    init(controller: Controller) { self.controller = controller }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        guard controller.assumeIsolated({ $0.beginScrape() }) else {
            hasAnswered = true
            channel.close(promise: nil)
            return
        }
        isCounted = true
        deadline = context.eventLoop.scheduleTask(in: .seconds(DaemonLimits.scrapeSeconds)) {
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    private var isCounted = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        let answer: [UInt8]
        switch request.receive(unwrapInboundIn(data).readableBytesView) {
        case .incomplete: return
        case .metrics(let isHead):
            let text = controller.assumeIsolated { $0.metricsText() }
            answer = ScrapeRequest.answer(
                status: "200 OK", contentType: "text/plain; version=0.0.4; charset=utf-8", body: text, isHead: isHead)
        case .refused(let status):
            answer = ScrapeRequest.answer(
                status: status, contentType: "text/plain; charset=utf-8",
                body: Array("\(status); metrics are at /metrics\n".utf8))
        }
        hasAnswered = true
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(bytes: answer)))
            .whenComplete { _ in channel.close(promise: nil) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if isCounted { controller.assumeIsolated { $0.endScrape() } }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
