// The systemd unit, judged by systemd itself. The unit names the installed daemon, which a build machine does not have,
// so a copy that names an existing program is what systemd reads.

import Glibc
import Testing

@Suite struct ServiceUnitTests {
    private static let haveSystemd = access("/usr/bin/systemd-analyze", X_OK) == 0

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `systemd-analyze verify has nothing to say`() throws {
        let unit = try unitWithExistingProgram()
        defer { unlink(unit) }
        let (status, output) = try Checkout.shell("systemd-analyze verify --man=no \(unit)")
        #expect(status == 0)
        #expect(output.isEmpty, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `the unit's exposure is at most 1,5 of 10`() throws {
        let unit = try unitWithExistingProgram()
        defer { unlink(unit) }
        let (status, output) = try Checkout.shell(
            "systemd-analyze security --no-pager --offline=true --threshold=15 \(unit)")
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `a key that systemd does not know would be noticed`() throws {
        let unit = try unitWithExistingProgram(appending: "[Service]\nNoSuchKey=yes\n")
        defer { unlink(unit) }
        #expect(try Checkout.shell("systemd-analyze verify --man=no \(unit)").output.contains("NoSuchKey"))
    }

    private func unitWithExistingProgram(appending extra: String = "") throws -> String {
        var template = Array("/tmp/sluice-unit-XXXXXX.service".utf8CString)
        let descriptor = mkstemps(&template, 8)
        try #require(descriptor >= 0)
        close(descriptor)
        let file = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (status, output) = try Checkout.shell(
            "sed 's|/usr/bin/sluiced|/bin/true|' '\(Checkout.root)/systemd/sluiced.service' > \(file) "
                + "&& printf '\(extra.split(separator: "\n").map { $0 + "\\n" }.joined())' >> \(file)")
        try #require(status == 0, "\(output)")
        return file
    }
}
