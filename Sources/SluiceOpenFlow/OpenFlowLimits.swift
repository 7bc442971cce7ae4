// Every maximum of the OpenFlow side; where it is checked, reaching it has a defined answer.

package enum OpenFlowLimits {
    /// Entries of one assembled multipart answer; a longer one ends the session.
    package static let multipartEntries = 1_000_000
    /// Bytes that a switch may leave unread before nothing more is asked of it.
    package static let sendBufferBytes = 64 << 20
    /// Switches that may be connected at once, bound or not; further connections are closed.
    package static let sessions = 4_096
    /// Commits tried after refusals before rules are sent one by one.
    package static let bundleAttempts = 8
    /// Messages that ask a switch for counters in one second.
    package static let pollsPerSecond = 100
    /// Rules of one switch beyond which their counters are not asked for.
    package static let polledRules = 2_000
    /// How long packets may still go an old way after the switch has confirmed the new one, seconds: what is queued along
    /// the way, and what Open vSwitch still forwards by its cache.
    package static let settlingSeconds = 0.05
    /// Bytes of the name of a port, its terminating NUL counted (OFP_MAX_PORT_NAME_LEN).
    static let portNameBytes = 16
}
