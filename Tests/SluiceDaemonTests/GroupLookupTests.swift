// A directory service that does not answer: the client it is asked about waits, everyone else is served.

import Glibc
import Logging
import NIOCore
import NIOEmbedded
import NIOPosix
import SluiceControlPlane
import SluiceDaemon
import SluiceModel
import SluiceProtocol
import Testing

@Suite struct GroupLookupTests {
    /// Fulfils a promise when the connection is told that it may proceed.
    private final class Listener: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let proceeds: EventLoopPromise<Void>
        init(_ proceeds: EventLoopPromise<Void>) { self.proceeds = proceeds }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) { proceeds.succeed() }
    }

    /// A lookup that ends when something is written into the pipe.
    private struct Gate: Sendable {
        let reading: CInt
        let writing: CInt
        init() throws {
            var ends: [CInt] = [0, 0]
            try #require(pipe(&ends) == 0)
            (reading, writing) = (ends[0], ends[1])
        }
        func wait() {
            var byte: UInt8 = 0
            _ = read(reading, &byte, 1)
        }
        func open() { _ = write(writing, "x", 1) }
    }

    @Test func `a directory that does not answer delays only the client it is asked about`() async throws {
        let gate = try Gate()
        var policy = Policy.standard
        policy.access = [
            AccessRule(subject: .user(1_001), role: .observer), AccessRule(subject: .group(500), role: .agent),
        ]
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let topology = try Topology(
            name: "t", nodes: [Node(id: NodeID("a"), kind: .switch(Switch()))], cables: [])
        let surroundings = Controller.Surroundings(
            loop: loop, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, daemonUser: 990,
            service: ServiceNotification(environment: [:], processID: 1),
            groups: { _, primary in
                gate.wait()
                return [primary, 500]
            },
            reload: { .faults([]) })
        let controller = Controller(
            plane: ControlPlane(topology: topology, policy: policy), policy: policy, surroundings: surroundings)
        let proceeds = loop.makePromise(of: Void.self)
        @Sendable func client(_ user: UInt32) -> ClientCredentials {
            ClientCredentials(processID: 1, user: user, group: user)
        }
        let (asked, known, root) = try await loop.submit {
            let channel = EmbeddedChannel()
            try channel.pipeline.syncOperations.addHandler(Listener(proceeds))
            return try controller.assumeIsolated { controller in
                (
                    try controller.connect(channel, client(1_234)).get(),
                    try controller.connect(EmbeddedChannel(), client(1_001)).get(),
                    try controller.connect(EmbeddedChannel(), client(0)).get()
                )
            }
        }.get()
        #expect(try await loop.submit { controller.assumeIsolated { $0.mustWait(asked) } }.get())
        #expect(try await !loop.submit { controller.assumeIsolated { $0.mustWait(known) } }.get())
        #expect(try await !loop.submit { controller.assumeIsolated { $0.mustWait(root) } }.get())
        gate.open()
        try await proceeds.futureResult.get()
        #expect(try await !loop.submit { controller.assumeIsolated { $0.mustWait(asked) } }.get())
        try await loop.submit { controller.assumeIsolated { $0.stop() } }.get()
        try await group.shutdownGracefully()
    }
}
