// One client as the controller sees it: who it is, what it waits for, and the bytes on their way to it.

import NIOCore
import SluiceControlPlane
import SluiceForwarding
import SluiceModel
import SluiceProtocol

/// Owned by the controller, used on its event loop only.
final class Connection {
    let id: ClientID
    let channel: any Channel
    let credentials: ClientCredentials
    /// nil while the client's groups are being looked up: its requests wait.
    var permissions: Permissions?
    /// Requests without their answer.
    var inFlight = 0
    /// When the client last sent something or was answered.
    var lastActive: NIODeadline
    /// When the line began whose end has not come; nil: there is none.
    var lineBegan: NIODeadline?
    /// Nothing is read from the client for now, so that its silence means nothing.
    var isPaused = false
    /// The client has said its last: when it has all its answers and follows nothing, the connection is closed.
    var inputHasEnded = false
    var isSubscriber: Bool { followsEvents || !followedRules.isEmpty }
    var followsEvents = false
    /// Subscriptions asked for and given.
    var subscriptions = 0
    /// Switches whose rules the client follows, and whether it owns them.
    var followedRules: [NodeID: Bool] = [:]
    /// What a slow subscriber did not get, to be made good when it reads again. Bounded: one entry a switch, one count.
    var missedRules: Set<NodeID> = []
    var missedEvents = 0
    /// Of the missed rules those whose snapshot is on its way.
    var requestedRules: Set<NodeID> = []
    /// Requests that are decided and wait for their commit.
    var decided = 0
    /// So many of its requests wait for a commit that nothing more is read from it.
    var waitsForCommit = false
    private var outbound: ByteBuffer

    init(id: ClientID, channel: any Channel, credentials: ClientCredentials) {
        self.id = id
        self.channel = channel
        self.credentials = credentials
        lastActive = .now()
        outbound = channel.allocator.buffer(capacity: 1_024)
    }

    /// Adds one line.
    func send(_ line: [UInt8]) {
        outbound.writeBytes(line)
        outbound.writeInteger(UInt8(ascii: "\n"))
    }

    /// More than this waits in the daemon: nothing is added that the client did not ask for, and nothing more is read
    /// from it, until it reads.
    static let congestionBytes = 256 << 10

    var isCongested: Bool { !channel.isWritable || outbound.readableBytes >= Self.congestionBytes }

    var groupKey: GroupCache.Key { GroupCache.Key(user: credentials.user, group: credentials.group) }

    /// Bytes that wait here for the client to read.
    var waitingBytes: Int {
        do {
            return outbound.readableBytes + (try channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0)
        } catch {
            // A closed channel holds nothing.
            return outbound.readableBytes
        }
    }

    /// Hands everything to the kernel, or to NIO's buffer where the kernel's is full.
    func flush() {
        guard outbound.readableBytes > 0 else { return }
        let bytes = outbound
        outbound = channel.allocator.buffer(capacity: 1_024)
        channel.writeAndFlush(bytes, promise: nil)
    }
}
