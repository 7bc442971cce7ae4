// One measurement of one directed link, whatever it was measured by.

/// Values that were not measured are nil.
package struct LinkSample: Hashable, Sendable {
    package var link: LinkIndex
    /// When it was measured; nil for the moment it arrived.
    package var time: Instant?
    /// Share of the capacity in use, 0 to 1.
    package var utilisation: Double?
    package var queueDepthBytes: Int?
    package var latency: Latency?
    /// Share of packets lost, 0 to 1.
    package var lossRatio: Double?

    package init(
        link: LinkIndex, time: Instant? = nil, utilisation: Double? = nil, queueDepthBytes: Int? = nil,
        latency: Latency? = nil, lossRatio: Double? = nil
    ) {
        self.link = link
        self.time = time
        self.utilisation = utilisation
        self.queueDepthBytes = queueDepthBytes
        self.latency = latency
        self.lossRatio = lossRatio
    }
}
