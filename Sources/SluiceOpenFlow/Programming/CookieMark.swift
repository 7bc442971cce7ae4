// How Sluice knows its own rules among those of others in one table: the upper 11 bits of a cookie on the wire say whose
// rule it is, the lower 53 are the cookie as `rules.get` shows it.

package enum CookieMark {
    package static let mark: UInt64 = 0x51c0_0000_0000_0000
    package static let mask: UInt64 = 0xffe0_0000_0000_0000

    /// - Precondition: `cookie` fits 53 bits.
    package static func wire(_ cookie: UInt64) -> UInt64 {
        precondition(cookie & mask == 0, "cookies fit 53 bits")
        return mark | cookie
    }

    /// The cookie behind one on the wire; nil where the rule is somebody else's.
    package static func cookie(_ wire: UInt64) -> UInt64? { wire & mask == mark ? wire & ~mask : nil }
}
