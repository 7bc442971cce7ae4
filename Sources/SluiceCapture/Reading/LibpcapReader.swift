// Classic pcap files by libpcap: all byte orders, microsecond and nanosecond magics, and the variants of old kernels.
//
// libpcap reads from a stream of ours (fopencookie), for three reasons. It works the same on files and pipes. The
// offset of a damaged record is known exactly. And the snapshot length in the file header can be shown to libpcap as 0,
// "not stated": otherwise it cuts packets that are longer than the header claims, which some writers produce, and
// captured bytes would no longer be those of the file.

private import CPcap
private import Glibc
import SluiceModel

final class LibpcapReader {
    private let handle: OpaquePointer
    private let stream: HeaderPatchingStream
    private let linkType: LinkType
    /// 16 bytes in front of each packet, or 24 in the variant of patched Linux 2.2 kernels.
    private let recordHeaderBytes: Int
    /// What changes with every packet, behind a pointer: stored in the object, each access would be checked for
    /// exclusivity at run time, which took a sixth of the time of reading.
    private let cursor: UnsafeMutablePointer<Cursor>
    private(set) var damage: CaptureDamage?

    private struct Cursor {
        /// Where the next record begins.
        var offset = 24
        var isAtEnd = false
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
    }

    /// - Precondition: the source begins with a classic pcap magic.
    init(source: ByteSource) throws(CaptureFailure) {
        let head = source.peek(24)
        guard head.count == 24 else { throw .refused(reason: "the file header is cut off after \(head.count) bytes") }
        let magic = head.bytes.big32(0)
        let isBigEndian = magic >> 16 == 0xa1b2
        recordHeaderBytes = magic == 0xa1b2_cd34 || magic == 0x34cd_b2a1 ? 24 : 16
        func field16(_ at: Int) -> UInt16 { isBigEndian ? head.bytes.big16(at) : head.bytes.big16(at).byteSwapped }
        func field32(_ at: Int) -> UInt32 { isBigEndian ? head.bytes.big32(at) : head.bytes.big32(at).byteSwapped }
        guard field16(4) == 2, field16(6) <= 4 else { throw .unsupportedVersion("\(field16(4)).\(field16(6))") }
        // The upper bits tell of a frame check sequence, not of the link type.
        linkType = LinkType(field32(20) & 0x03ff_ffff)
        guard linkType.isReadable else { throw .unsupportedLinkType(linkType) }
        stream = HeaderPatchingStream(source: source)
        let functions = capture_stream_functions(
            read: { cookie, buffer, size in
                guard let cookie, let buffer else { return -1 }
                return Unmanaged<HeaderPatchingStream>.fromOpaque(cookie).takeUnretainedValue()
                    .read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
            }, write: nil, seek: nil, close: nil)
        // The stream object outlives the FILE: this reader holds it, and its deinit closes the FILE first.
        guard let file = capture_stream_open(Unmanaged.passUnretained(stream).toOpaque(), "r", functions) else {
            throw .cannotOpen(reason: systemText(errno))
        }
        setvbuf(file, nil, _IOFBF, 1 << 18)
        var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard
            let handle = pcap_fopen_offline_with_tstamp_precision(
                file, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
        else {
            fclose(file)
            throw .refused(reason: text(message))
        }
        self.handle = handle
        cursor = .allocate(capacity: 1)
        cursor.initialize(to: Cursor())
    }

    deinit {
        pcap_close(handle)
        cursor.deinitialize(count: 1)
        cursor.deallocate()
    }

    @inline(__always)
    func next() -> CapturedPacket? {
        if cursor.pointee.isAtEnd { return nil }
        let answer = pcap_next_ex(handle, &cursor.pointee.header, &cursor.pointee.data)
        guard answer == 1, let header = cursor.pointee.header, let data = cursor.pointee.data else {
            end(answer)
            return nil
        }
        let captured = Int(header.pointee.caplen)
        cursor.pointee.offset += recordHeaderBytes + captured
        // The file's seconds are unsigned 32-bit numbers that libpcap 1.10.3 takes for signed ones.
        let seconds = Int64(UInt32(truncatingIfNeeded: header.pointee.ts.tv_sec))
        let nanoseconds = Int64(header.pointee.ts.tv_usec)
        return CapturedPacket(
            timeNanoseconds: seconds &* 1_000_000_000 &+ nanoseconds, wireLength: Int(header.pointee.len),
            linkType: linkType, bytes: UnsafeRawBufferPointer(start: data, count: captured))
    }

    /// Notes how the file ended, by the answer of `pcap_next_ex`.
    private func end(_ answer: Int32) {
        cursor.pointee.isAtEnd = true
        if answer == PCAP_ERROR {
            damage = CaptureDamage(offset: cursor.pointee.offset, reason: String(cString: pcap_geterr(handle)))
        }
        if let error = stream.source.readError {
            damage = CaptureDamage(offset: cursor.pointee.offset, reason: systemText(error))
        }
    }
}

/// The source's bytes with the snapshot length of the file header (bytes 16 to 19) set to zero.
private final class HeaderPatchingStream {
    let source: ByteSource

    init(source: ByteSource) { self.source = source }

    func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        let start = source.position
        let count = source.read(into: target)
        if start < 20 {
            for offset in max(16, start)..<max(20, start) where offset < start + count {
                target[offset - start] = 0
            }
        }
        return count
    }
}

extension LinkType {
    /// The type's name in libpcap, as `EN10MB`; "unknown" where it has none.
    package var name: String {
        // Above 104 the numbers in files and libpcap's own are the same; 101 is the one below that differs and matters.
        if self == .raw { return "RAW" }
        guard let raw = Int32(exactly: raw), let name = pcap_datalink_val_to_name(raw) else { return "unknown" }
        return String(cString: name)
    }
}

private func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
