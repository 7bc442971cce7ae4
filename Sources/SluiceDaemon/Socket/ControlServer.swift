// The listening side of the control socket.

package import NIOCore
package import NIOPosix
import SluiceProtocol

private import Glibc

package enum ControlServer {
    /// Accepts clients on `socket` for `controller`, whose event loop must be the only one of `group`: then each
    /// connection's handler and the controller share a thread.
    package static func start(
        on socket: ListeningSocket, group: MultiThreadedEventLoopGroup, controller: Controller
    ) -> EventLoopFuture<any Channel> {
        ServerBootstrap(group: group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .writeBufferWaterMark,
                value: ChannelOptions.Types.WriteBufferWaterMark(
                    low: Connection.congestionBytes / 4, high: Connection.congestionBytes)
            )
            .childChannelInitializer { channel in
                guard let options = channel as? any SocketOptionProvider else {
                    return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
                }
                let credentials: EventLoopFuture<PeerCredentials> = options.unsafeGetSocketOption(
                    level: .socket, name: .init(rawValue: SO_PEERCRED))
                return credentials.flatMapThrowing { peer in
                    let client = ClientCredentials(processID: peer.pid, user: peer.uid, group: peer.gid)
                    try channel.pipeline.syncOperations.addHandler(
                        ControlHandler(controller: controller, credentials: client))
                }
            }
            .withBoundSocket(socket.descriptor)
    }

    /// `struct ucred` of unix(7).
    private struct PeerCredentials {
        var pid: Int32 = 0
        var uid: UInt32 = 0
        var gid: UInt32 = 0
    }
}
