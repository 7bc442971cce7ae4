// One connection to a switch as the controller sees it: the machine that speaks OpenFlow, the channel it speaks over, and
// the switch of the topology behind it.

import NIOCore
import SluiceControlPlane
import SluiceModel
import SluiceOpenFlow

/// Names one connection to a switch.
package struct SwitchConnectionID: Hashable, Comparable, Sendable {
    let raw: UInt64
    package static func < (left: SwitchConnectionID, right: SwitchConnectionID) -> Bool { left.raw < right.raw }
}

/// Owned by the controller, used on its event loop only.
final class SwitchConnection {
    let id: SwitchConnectionID
    let channel: any Channel
    /// Where it comes from or goes to, for the log.
    let peer: String
    var agent: SwitchAgent
    /// The switch, once it has said who it is and the topology knows it.
    var node: NodeID?
    var datapath: DatapathID?
    /// Under which it owns its switch in the control plane.
    var client: ClientID?
    var wake: Scheduled<Void>?
    var ports: [UInt32: Port] = [:]
    var counters = PortCounters()
    /// Questions for counters that wait for their answers.
    var polls: Set<UInt32> = []
    /// How often it was asked for more than its ports' counters.
    var furtherPolls = 0
    /// What its rules and groups that are there now had counted when they were last read; nil before.
    var ruleCount: PacketCounter?
    var groupCount: PacketCounter?
    /// Round trip of the last ECHO; nil before the first.
    var echoSeconds: Double?
    var isEnded = false

    init(id: SwitchConnectionID, channel: any Channel, peer: String, at now: Instant) {
        self.id = id
        self.channel = channel
        self.peer = peer
        agent = SwitchAgent(at: now, settlingSeconds: OpenFlowLimits.settlingSeconds)
    }

    /// Hands what has gathered to the kernel.
    func flush() {
        let bytes = agent.takeOutgoing()
        guard !bytes.isEmpty else { return }
        channel.writeAndFlush(channel.allocator.buffer(bytes: bytes), promise: nil)
    }
}

/// Everything about switches that the controller keeps.
struct Southbound {
    var connections: [SwitchConnectionID: SwitchConnection] = [:]
    var ofClient: [ClientID: SwitchConnectionID] = [:]
    var ofNode: [NodeID: SwitchConnectionID] = [:]
    /// News of agents that wait for the decision that runs to be handed over.
    var outbox: [(SwitchConnectionID, [SwitchAgent.Output])] = []
    var isDraining = false
    /// Connections with bytes to flush or a wake to arm at the end of the turn.
    var touched: Set<SwitchConnectionID> = []
    var discovery: LinkDiscovery?
    /// What an operator has said of the network, where the present topology has been adopted from what was found.
    var document: Topology?
    /// Whether a change of topology under way is an adoption.
    var isAdopting = false
    var polling: RepeatedTask?
    /// Positions of the switches that are the first of the next round of polling, for ports and for the rest.
    var pollStart = 0
    var furtherPollStart = 0
    /// Questions for counters since the start.
    var pollCount = 0
    var probing: RepeatedTask?
    /// TLS handshakes under way.
    var handshakes = 0
    /// When the last warning of a failed handshake was given.
    var handshakeWarned: Instant?
    var nextID: UInt64 = 1
}
