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
        let (status, output) = try run("systemd-analyze verify --man=no \(unit)")
        #expect(status == 0)
        #expect(output.isEmpty, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `the unit's exposure is at most 1,5 of 10`() throws {
        let unit = try unitWithExistingProgram()
        defer { unlink(unit) }
        let (status, output) = try run("systemd-analyze security --no-pager --offline=true --threshold=15 \(unit)")
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `a key that systemd does not know would be noticed`() throws {
        let unit = try unitWithExistingProgram(appending: "[Service]\nNoSuchKey=yes\n")
        defer { unlink(unit) }
        #expect(try run("systemd-analyze verify --man=no \(unit)").output.contains("NoSuchKey"))
    }

    private func unitWithExistingProgram(appending extra: String = "") throws -> String {
        let root = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
        var template = Array("/tmp/sluice-unit-XXXXXX.service".utf8CString)
        let descriptor = mkstemps(&template, 8)
        try #require(descriptor >= 0)
        close(descriptor)
        let file = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let (status, output) = try run(
            "sed 's|/usr/bin/sluiced|/bin/true|' '/\(root)/systemd/sluiced.service' > \(file) "
                + "&& printf '\(extra.split(separator: "\n").map { $0 + "\\n" }.joined())' >> \(file)")
        try #require(status == 0, "\(output)")
        return file
    }

    /// Runs a shell command; standard output and standard error together.
    private func run(_ command: String) throws -> (status: Int32, output: String) {
        let pipe = try #require(popen("{ \(command); } 2>&1", "r"))
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { break }
            output += buffer[..<count]
        }
        let status = pclose(pipe)
        return (status >> 8 & 0xff, String(decoding: output, as: UTF8.self))
    }
}
