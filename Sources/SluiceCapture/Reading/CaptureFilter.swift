// BPF filter expressions (pcap-filter(7)), compiled by libpcap for each link type that a capture turns out to have.

private import CPcap

/// A filter did not compile: libpcap's words.
package struct InvalidFilter: Error, Hashable, Sendable {
    package let reason: String
}

package final class CaptureFilter {
    private let expression: String
    private var programs: [LinkType: FilterProgram] = [:]

    /// Checks `expression` against `linkType`.
    package init(_ expression: String, checkedFor linkType: LinkType = .ethernet) throws(InvalidFilter) {
        self.expression = expression
        programs[linkType] = try FilterProgram(expression, linkType)
    }

    /// Whether `packet` passes. Nothing passes on a link type that the expression has no meaning for.
    package func accepts(_ packet: CapturedPacket) -> Bool {
        if let program = programs[packet.linkType] { return program.accepts(packet) }
        let program: FilterProgram
        do {
            program = try FilterProgram(expression, packet.linkType)
        } catch {
            // As tcpdump would refuse `ether host` on raw IP: no packet of that link type can be meant.
            program = .nothing
        }
        programs[packet.linkType] = program
        return program.accepts(packet)
    }
}

/// One compiled expression.
private final class FilterProgram {
    /// nil: lets nothing through.
    private var code: bpf_program?

    private init() {}

    static var nothing: FilterProgram { FilterProgram() }

    init(_ expression: String, _ linkType: LinkType) throws(InvalidFilter) {
        // libpcap compiles for its own numbers, which differ from the files' for raw IP.
        let number = linkType == .raw ? DLT_RAW : Int32(bitPattern: linkType.raw)
        guard let handle = pcap_open_dead(number, 262_144) else { throw InvalidFilter(reason: "out of memory") }
        defer { pcap_close(handle) }
        var compiled = bpf_program()
        guard pcap_compile(handle, &compiled, expression, 1, bpf_u_int32(PCAP_NETMASK_UNKNOWN)) == 0 else {
            throw InvalidFilter(reason: String(cString: pcap_geterr(handle)))
        }
        code = compiled
    }

    deinit {
        guard var code else { return }
        pcap_freecode(&code)
    }

    func accepts(_ packet: CapturedPacket) -> Bool {
        guard var code else { return false }
        var header = pcap_pkthdr()
        header.caplen = UInt32(packet.bytes.count)
        header.len = UInt32(packet.wireLength)
        return pcap_offline_filter(&code, &header, packet.bytes.bindMemory(to: UInt8.self).baseAddress) != 0
    }
}
