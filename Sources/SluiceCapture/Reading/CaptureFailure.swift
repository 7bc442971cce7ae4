// Why a capture cannot be used, and why a usable one ended early.

/// Nothing can be read from this file.
package enum CaptureFailure: Error, Hashable, Sendable {
    case cannotOpen(reason: String)
    case isDirectory
    case empty
    case notACapture
    case unsupportedVersion(String)
    case unsupportedLinkType(LinkType)
    /// libpcap's own words.
    case refused(reason: String)

    /// What is wrong and what to do about it.
    package var text: (problem: String, remedy: String) {
        switch self {
        case .cannotOpen(let reason): (reason, "check the name and the permissions")
        case .isDirectory: ("is a directory", "name a pcap or pcapng file")
        case .empty: ("the file is empty", "a capture has at least a file header; capture again")
        case .notACapture: ("is neither pcap nor pcapng", "name a file written by tcpdump, dumpcap or Wireshark")
        case .unsupportedVersion(let version):
            ("format version \(version) is not supported", "rewrite it with a current tcpdump or editcap")
        case .unsupportedLinkType(let type):
            (
                "link type \(type.raw) (\(type.name)) is not supported",
                "capture on an Ethernet, PPP, Cisco HDLC, Linux cooked, loopback or raw IP interface"
            )
        case .refused(let reason): (reason, "rewrite it with editcap")
        }
    }
}

/// Where and why a file broke off. Everything before it was read and counts.
package struct CaptureDamage: Hashable, Sendable {
    /// Offset in the file of the record or block that is damaged.
    package let offset: Int
    package let reason: String

    package var text: String { "record at byte \(offset): \(reason)" }
}
