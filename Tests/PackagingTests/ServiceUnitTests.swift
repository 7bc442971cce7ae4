// The systemd units and their drop-ins, judged by systemd itself. The units name the installed daemon, which a build
// machine does not have, so copies that name an existing program are what systemd reads.

import Glibc
import Testing

@Suite struct ServiceUnitTests {
    private static let haveSystemd = access("/usr/bin/systemd-analyze", X_OK) == 0

    /// Copies of all units in a folder of their own.
    private final class Units {
        let folder: String

        init() throws {
            var template = Array("/tmp/sluice-units-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let (status, output) = try Checkout.shell(
                "cd '\(Checkout.root)/systemd' && for unit in sluiced.service sluiced.socket; do "
                    + "sed 's|/usr/bin/sluiced|/bin/true|' $unit > \(folder)/$unit || exit 1; done")
            try #require(status == 0, "\(output)")
        }

        deinit {
            do {
                _ = try Checkout.shell("rm -rf \(folder)")
            } catch {
                Issue.record("\(folder) cannot be removed: \(error)")
            }
        }

        func use(dropIn name: String) throws {
            let (status, output) = try Checkout.shell(
                "mkdir -p \(folder)/sluiced.service.d && sed 's|/usr/bin/sluiced|/bin/true|' "
                    + "'\(Checkout.root)/systemd/sluiced.service.d/\(name)' > \(folder)/sluiced.service.d/\(name)")
            try #require(status == 0, "\(output)")
        }

        func append(_ text: String) throws {
            let (status, output) = try Checkout.shell("printf '\(text)' >> \(folder)/sluiced.service")
            try #require(status == 0, "\(output)")
        }

        func analyze(_ words: String) throws -> (status: Int32, output: String) {
            try Checkout.shell("systemd-analyze \(words)")
        }
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"), arguments: ["sluiced.service", "sluiced.socket"])
    func `systemd-analyze verify has nothing to say`(unit: String) throws {
        let units = try Units()
        let (status, output) = try units.analyze("verify --man=no \(units.folder)/\(unit)")
        #expect(status == 0)
        #expect(output.isEmpty, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `the unit's exposure is at most 1,5 of 10`() throws {
        let units = try Units()
        let (status, output) = try units.analyze(
            "security --no-pager --offline=true --threshold=15 \(units.folder)/sluiced.service")
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `listening on the network keeps the exposure at most 1,5 of 10`() throws {
        let units = try Units()
        try units.use(dropIn: "network.conf")
        let verified = try units.analyze("verify --man=no \(units.folder)/sluiced.service")
        #expect(verified.status == 0)
        #expect(verified.output.isEmpty, "\(verified.output)")
        let (status, output) = try units.analyze(
            "security --no-pager --offline=true --threshold=15 \(units.folder)/sluiced.service")
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `listening for telemetry keeps the exposure at most 1,5 of 10`() throws {
        let units = try Units()
        try units.use(dropIn: "telemetry.conf")
        let verified = try units.analyze("verify --man=no \(units.folder)/sluiced.service")
        #expect(verified.status == 0)
        #expect(verified.output.isEmpty, "\(verified.output)")
        let (status, output) = try units.analyze(
            "security --no-pager --offline=true --threshold=15 \(units.folder)/sluiced.service")
        #expect(status == 0, "\(output)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `driving switches over TLS keeps the exposure at most 1,5 of 10`() throws {
        let units = try Units()
        try units.use(dropIn: "switches.conf")
        let verified = try units.analyze("verify --man=no \(units.folder)/sluiced.service")
        #expect(verified.status == 0)
        #expect(verified.output.isEmpty, "\(verified.output)")
        let (status, output) = try units.analyze(
            "security --no-pager --offline=true --threshold=15 \(units.folder)/sluiced.service")
        #expect(status == 0, "\(output)")
    }

    /// systemd 252 knows no Type=notify-reload and no ReloadSignal=; newer ones must have nothing to say.
    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `the drop-in for newer systemd has nothing else that this one does not know`() throws {
        let units = try Units()
        try units.use(dropIn: "notify-reload.conf")
        let output = try units.analyze("verify --man=no \(units.folder)/sluiced.service").output
        let unexpected = output.split(separator: "\n").filter {
            !$0.contains("service type, ignoring: notify-reload") && !$0.contains("Unknown key 'ReloadSignal'")
        }
        #expect(unexpected.isEmpty, "\(unexpected)")
    }

    @Test(.enabled(if: haveSystemd, "needs systemd-analyze"))
    func `a key that systemd does not know would be noticed`() throws {
        let units = try Units()
        try units.append("[Service]\\nNoSuchKey=yes\\n")
        let output = try units.analyze("verify --man=no \(units.folder)/sluiced.service").output
        #expect(output.contains("NoSuchKey"))
    }

    @Test func `socket and daemon mean the same path, user and mode`() throws {
        let socket = try Checkout.text("systemd/sluiced.socket")
        #expect(socket.contains("\nListenStream=/run/sluice/control.sock\n"))
        #expect(socket.contains("\nFileDescriptorName=control\n"))
        #expect(socket.contains("\nSocketMode=0660\n"))
        let service = try Checkout.text("systemd/sluiced.service")
        // Without this the socket's file would go with the daemon.
        #expect(service.contains("\nRuntimeDirectoryPreserve=yes\n"))
        #expect(try Checkout.text("systemd/tmpfiles.d/sluice.conf").contains("\nd /run/sluice 0750 sluice sluice -\n"))
        #expect(try Checkout.text("systemd/sysusers.d/sluice.conf").contains("\nu sluice - "))
    }

    @Test(.enabled(if: access("/usr/bin/systemd-tmpfiles", X_OK) == 0, "needs systemd-tmpfiles"))
    func `users and folders are what systemd makes of their files`() throws {
        let units = try Units()
        let (status, output) = try Checkout.shell(
            "mkdir -p \(units.folder)/etc && systemd-sysusers --root=\(units.folder) "
                + "'\(Checkout.root)/systemd/sysusers.d/sluice.conf' && systemd-tmpfiles --create --root=\(units.folder) "
                + "'\(Checkout.root)/systemd/tmpfiles.d/sluice.conf' && stat -c %a \(units.folder)/run/sluice "
                + "&& grep -c ^sluice: \(units.folder)/etc/passwd")
        #expect(status == 0, "\(output)")
        #expect(output.hasSuffix("750\n1\n"), "\(output)")
    }
}
