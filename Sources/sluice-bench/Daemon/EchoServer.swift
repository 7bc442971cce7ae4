// The yardstick of the control socket: a server that decodes each line with the same codec and answers with a text of the
// size that the daemon's answers have, and does nothing else. `sluice-bench echo`, started by `sluice-bench daemon`.

import ArgumentParser
import NIOCore
import NIOPosix
import SluiceJSON
import SluiceModel
import SluiceProtocol

struct EchoServer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "echo", abstract: "Answers requests without deciding anything.", shouldDisplay: false)

    @Option var socket: String
    /// Bytes of a line of answer.
    @Option var answerBytes: Int

    func run() throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let filler = String(repeating: "x", count: max(0, answerBytes - 50))
        let server = try ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(EchoHandler(filler))
                }
            }
            .bind(unixDomainSocketPath: socket).wait()
        // Until it is killed.
        try server.closeFuture.wait()
    }
}

private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let filler: String
    private var framer = LineFramer(limit: Limits.requestBytes)

    init(_ filler: String) { self.filler = filler }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var answers = context.channel.allocator.buffer(capacity: 4_096)
        unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            framer.receive(bytes) { frame in
                guard case .line(let line) = frame, case .single(let call) = CallDecoder.decode(line), let id = call.id
                else { return }
                var writer = JSONWriter(reservingCapacity: 512)
                ReplyEncoder.result(id, to: &writer) { $0.string(filler) }
                answers.writeBytes(writer.bytes)
                answers.writeInteger(UInt8(ascii: "\n"))
            }
        }
        context.write(wrapOutboundOut(answers), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }
}
