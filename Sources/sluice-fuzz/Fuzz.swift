// Hostile bytes for every decoder, by libFuzzer. Built only with SLUICE_FUZZ=1 (see the Makefile), since it needs
// libFuzzer's runtime. SLUICE_FUZZ_TARGET names the decoder; a trap, an exit or an address-sanitizer report is a finding.

private import Glibc
private import SluiceJSON
private import SluiceModel

/// A decoder and what must hold for whatever it is fed.
private struct FuzzTarget: Sendable {
    let name: String
    let run: @Sendable ([UInt8]) -> Void
}

private let targets: [FuzzTarget] = [
    FuzzTarget(name: "quantities") { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let bandwidth = Bandwidth(text: text) {
            precondition(Bandwidth(text: bandwidth.text) != nil || bandwidth == .unlimited)
        }
        _ = Latency(text: text)
        if let address = HardwareAddress(text: text) { precondition(HardwareAddress(text: address.text) == address) }
        if let prefix = IPv4Prefix(text: text) { precondition(IPv4Prefix(text: prefix.text) == prefix) }
        if let prefix = IPv6Prefix(text: text) { precondition(IPv6Prefix(text: prefix.text) == prefix) }
    },
    FuzzTarget(name: "json") { bytes in
        guard let node = try? JSONNode(parsing: bytes) else { return }
        let written = rewritten(node)
        guard let again = try? JSONNode(parsing: written) else {
            preconditionFailure("what was written is not JSON: \(String(decoding: written, as: UTF8.self))")
        }
        precondition(rewritten(again) == written)
    },
]

private func rewritten(_ node: JSONNode) -> [UInt8] {
    var writer = JSONWriter()
    writer.node(node)
    return writer.bytes
}

/// libFuzzer's own loop (compiler-rt, FuzzerInterface.h); it reads the flags of `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

private let chosenTarget: FuzzTarget? = {
    let name = getenv("SLUICE_FUZZ_TARGET").map { String(cString: $0) }
    return targets.first { $0.name == name }
}()

@main
enum Fuzz {
    static func main() {
        guard chosenTarget != nil else {
            print("sluice-fuzz: SLUICE_FUZZ_TARGET is one of \(targets.map(\.name).joined(separator: ", "))")
            exit(2)
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        let status = runFuzzer(&count, &arguments) { data, count in
            chosenTarget?.run(Array(UnsafeBufferPointer(start: data, count: count)))
            return 0
        }
        exit(status)
    }
}
