// Captures from other projects with figures on which an independent reader and tshark agree. They live beside the
// package, where they are at all.

import Glibc
import SluiceCapture
import SluiceJSON
import SluiceModel
import Testing

private let folder: String = {
    // .../Tests/SluiceCaptureTests/ReferenceCaptureTests.swift
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/../shared/data/pcap"
}()

private let references: [String] = {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name.hasSuffix(".ref.json") { names.append(String(name.dropLast(".ref.json".count))) }
    }
    return names.sorted()
}()

private func contents(of file: String) -> Bytes {
    let descriptor = open(file, O_RDONLY)
    defer { close(descriptor) }
    var bytes: Bytes = []
    var buffer = Bytes(repeating: 0, count: 65_536)
    while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
    return bytes
}

@Suite(.enabled(if: !references.isEmpty, "needs ../shared/data/pcap")) struct ReferenceCaptureTests {
    @Test(arguments: references)
    func `the figures of a reference capture are ours`(name: String) throws {
        let reference = try JSONNode(parsing: contents(of: "\(folder)/\(name).ref.json"))
        var found = CaptureSummary()
        do {
            try found.read(CaptureReader(file: "\(folder)/\(name)"))
        } catch {
            #expect(reference["strict"]?.bool == false, "\(error.text)")
            return
        }
        guard reference["strict"]?.bool == true else {
            // Malformed, or beyond what is opened: where two other readers agree at least on the totals, so do we.
            if reference["crosscheck"]?["packets_and_bytes_equal"]?.bool == true {
                #expect(reference["packets"]?.integer == found.packets)
                #expect(reference["bytes_wire"]?.integer == found.bytesWire)
                #expect(reference["bytes_captured"]?.integer == found.bytesCaptured)
            }
            return
        }
        func expect(_ member: String, _ value: Int?) {
            #expect(reference[member]?.integer == value, "\(member)")
        }
        expect("packets", found.packets)
        expect("bytes_wire", found.bytesWire)
        expect("bytes_captured", found.bytesCaptured)
        expect("first_ts_ns", found.first.map { Int($0.nanoseconds) })
        expect("last_ts_ns", found.last.map { Int($0.nanoseconds) })
        expect("timestamps_going_backwards", found.timesBackwards)
        expect("packets_ipv4", found.packetsIPv4)
        expect("packets_ipv6", found.packetsIPv6)
        expect("packets_non_ip_or_undecodable", found.packetsNotIP)
        expect("packets_snapped", found.packetsSnapped)
        expect("packets_ip_fragments", found.packetsFragmented)
        expect("packets_vlan", found.packetsVLAN)
        expect("packets_mpls", found.packetsMPLS)
        expect("packets_pppoe", found.packetsPPPoE)
        expect("unidirectional_5tuple_flows", found.flows.flows.count)
        expect("bidirectional_5tuple_conversations", found.flows.conversations)
        expect("ip_host_pairs", found.flows.hostPairs)
        #expect((found.damage == nil) == (reference["truncated"]?.isNull == true))
        for (type, packets) in found.linkTypes {
            #expect(reference["linktypes"]?["\(type.raw)"]?.integer == packets)
        }
        let top = reference["top10_flows_by_bytes"]?.array ?? []
        #expect(
            top.map { "\($0["src"]?.string ?? "") \($0["dst"]?.string ?? "")" }
                == found.flows.top(10).map { "\($0.tuple.source.text) \($0.tuple.destination.text)" })
        #expect(
            top.map { [$0["proto"], $0["sport"], $0["dport"], $0["packets"], $0["bytes"]].map { $0?.integer } }
                == found.flows.top(10).map {
                    [
                        Int($0.tuple.ipProtocol), Int($0.tuple.sourcePort), Int($0.tuple.destinationPort), $0.packets,
                        $0.bytes,
                    ]
                })
    }
}
