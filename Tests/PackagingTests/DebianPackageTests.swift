// The Debian package, built out of the programs beside the tests, put into a root of its own, looked at, taken out
// again and purged. `make deb` builds the same package with programs that need no Swift runtime.

import Glibc
import Testing

@Suite struct DebianPackageTests {
    private static let haveTools: Bool = {
        let tools: [String] = ["/usr/bin/dpkg-deb", "/usr/bin/make", "/usr/bin/strip"]
        return getuid() == 0 && tools.allSatisfy { (tool: String) in access(tool, X_OK) == 0 }
    }()

    /// A scratch folder, removed with its value.
    private final class Scratch {
        let path: String
        init() throws {
            var template = Array("/tmp/sluice-deb-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        deinit {
            do {
                _ = try Checkout.shell("rm -rf \(path)")
            } catch {
                Issue.record("\(path) cannot be removed: \(error)")
            }
        }
        func run(_ command: String) throws -> String {
            let (status, output) = try Checkout.shell(command)
            try #require(status == 0, "\(command): \(output)")
            return output
        }
    }

    @Test(.enabled(if: haveTools, "needs root, dpkg-deb, make and strip"))
    func `it installs into a root of its own, and leaves nothing when it is purged`() throws {
        let scratch = try Scratch()
        let programs = try Checkout.programs()
        _ = try scratch.run(
            "SLUICE_DEB_DEPENDS=libc6 '\(Checkout.root)/packaging/debian/build.sh' '\(programs)' \(scratch.path)/out")
        let package = try scratch.run("ls \(scratch.path)/out/*.deb").split(separator: "\n")[0]
        // A root with nothing but dpkg's own files.
        let root = "\(scratch.path)/root"
        let dpkg = "dpkg --root=\(root) --force-script-chrootless --force-depends --force-not-root"
        _ = try scratch.run(
            "mkdir -p \(root)/var/lib/dpkg/info \(root)/var/lib/dpkg/updates \(root)/etc && touch \(root)/var/lib/dpkg/status"
        )
        let before = try scratch.run("cd \(root) && find . -type f -o -type l | grep -v ./var/lib/dpkg | sort")
        _ = try scratch.run("\(dpkg) -i \(package) < /dev/null")
        let files = Set(
            try scratch.run("cd \(root) && find . -type f | sort").split(separator: "\n").map { String($0.dropFirst()) }
        )
        for file in [
            "/usr/bin/sluice", "/usr/bin/sluiced", "/usr/lib/systemd/system/sluiced.service",
            "/usr/lib/systemd/system/sluiced.socket", "/usr/lib/sysusers.d/sluice.conf",
            "/usr/lib/tmpfiles.d/sluice.conf", "/etc/sluice/topology.json", "/etc/sluice/policy.yaml",
            "/etc/logrotate.d/sluice", "/usr/share/man/man1/sluice.1.gz", "/usr/share/man/man8/sluiced.8.gz",
            "/usr/share/man/man5/sluice-policy.5.gz", "/usr/share/man/man5/sluice-topology.5.gz",
            "/usr/share/man/man7/sluice-protocol.7.gz", "/usr/share/bash-completion/completions/sluice",
            "/usr/share/bash-completion/completions/sluiced", "/usr/share/zsh/vendor-completions/_sluice",
            "/usr/share/zsh/vendor-completions/_sluiced", "/usr/share/fish/vendor_completions.d/sluice.fish",
            "/usr/share/fish/vendor_completions.d/sluiced.fish", "/usr/share/doc/sluice/copyright",
        ] {
            #expect(files.contains(file), "lacks \(file)")
        }
        #expect(try scratch.run("\(dpkg) --verify sluice").isEmpty)
        #expect(try scratch.run("grep -c ^sluice: \(root)/etc/passwd") == "1\n")
        // What an operator has changed stays at removal and goes with the purge.
        _ = try scratch.run("echo '# mine' >> \(root)/etc/sluice/policy.yaml")
        _ = try scratch.run("\(dpkg) -r sluice")
        let kept = try scratch.run("cd \(root) && find etc usr -type f | sort").split(separator: "\n")
        #expect(kept.contains("etc/sluice/policy.yaml"))
        #expect(!kept.contains { $0.hasPrefix("usr/bin") || $0.hasPrefix("usr/lib/systemd") }, "\(kept)")
        _ = try scratch.run("mkdir -p \(root)/var/log/sluice && touch \(root)/var/log/sluice/audit.log")
        _ = try scratch.run("\(dpkg) -P sluice")
        let after = try scratch.run("cd \(root) && find . -type f -o -type l | grep -v ./var/lib/dpkg | sort")
        // The user stays in this root's database, as its log would be someone else's otherwise.
        let left = Set(after.split(separator: "\n")).subtracting(before.split(separator: "\n"))
            .filter {
                ![
                    "./etc/passwd", "./etc/group", "./etc/shadow", "./etc/gshadow", "./etc/passwd-", "./etc/group-",
                    "./etc/shadow-", "./etc/gshadow-", "./etc/.pwd.lock",
                ].contains($0)
            }
        #expect(left.isEmpty, "\(left)")
        #expect(try Checkout.shell("ls -d \(root)/etc/sluice").status != 0)
    }

    @Test func `completions know the options of both programs`() throws {
        for program in ["sluice", "sluiced"] {
            for shell in ["bash", "zsh", "fish"] {
                let script = try Checkout.output(of: program, "--generate-completion-script \(shell)")
                #expect(script.contains(program == "sluice" ? "withdraw" : "audit-log"), "\(program) \(shell)")
            }
        }
    }
}
