// The browser report in a real browser, where one is installed: no error, nothing wider than the window, no text too
// small to read.

import Glibc
import Testing

private let browsers: [String] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
private let browser: String? = browsers.first { (file: String) in access(file, X_OK) == 0 }

@Suite(.enabled(if: browser != nil, "needs Chromium")) struct ReportBrowserTests {
    /// Shows `report.html` in frames as wide as a desk's and a telephone's window and writes down what it looks like.
    private static let probe = """
        <!DOCTYPE html><body><pre id="result"></pre><script>
        const result = [];
        for (const width of [1280, 390]) {
          const frame = document.createElement("iframe");
          frame.style.width = width + "px";
          frame.style.height = "900px";
          frame.style.border = "0";
          frame.onload = () => {
            const page = frame.contentDocument;
            let least = 99;
            for (const drawing of page.querySelectorAll("svg")) {
              const scale = drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
              for (const text of drawing.querySelectorAll("text"))
                least = Math.min(least, scale * parseFloat(page.defaultView.getComputedStyle(text).fontSize));
            }
            result.push("at " + width + " wide " + (page.documentElement.scrollWidth <= width)
              + " drawings " + page.querySelectorAll("svg").length + " legible " + (least >= 8));
            if (result.length == 2) document.getElementById("result").textContent = result.sort().join("; ") + ".";
          };
          frame.src = "report.html";
          document.body.append(frame);
        }
        </script>
        """

    @Test func `the report shows no error and is legible at 1280 and 390 pixels`() throws {
        let folder = try TemporaryFolder()
        let topology = try folder.file("topology.json", DaemonUnderTest.triangle)
        let capture = folder.path + "/trace.pcap"
        let made = try ChildProcess.run(
            "sluice",
            ["capture", "generate", "--flows", "100", "--seconds", "20", "--topology", topology, "--output", capture])
        #expect(made.status == 0, "\(made)")
        let replayed = try ChildProcess.run(
            "sluice",
            [
                "replay", capture, "--topology", topology, "--scale", "8", "--fail", "ab@5", "--html",
                folder.path + "/report.html",
            ])
        #expect(replayed.status == 0, "\(replayed)")
        let probe = try folder.file("probe.html", Self.probe)
        let program = try #require(browser)
        let profile = try ProfileFolder()
        let shown = try ChildProcess(
            program,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--allow-file-access-from-files", "--enable-logging=stderr", "--user-data-dir=\(profile.path)",
                "--virtual-time-budget=5000", "--dump-dom", "file://\(probe)",
            ], environment: ["HOME": profile.path]
        ).ending()
        #expect(shown.status == 0, "\(shown.errors)")
        #expect(!shown.errors.contains("CONSOLE"), "\(shown.errors)")
        for width in ["1280", "390"] {
            #expect(shown.output.contains("at \(width) wide true drawings "), "\(shown.output.prefix(400))")
        }
        #expect(shown.output.contains("legible true; at 390"), "\(shown.output.prefix(400))")
        #expect(shown.output.contains("legible true.</pre>"), "\(shown.output.prefix(400))")
    }
}

/// Where the browser keeps its own files, which lie in folders of folders.
private final class ProfileFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/sluice-browser-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemTestFailure("mkdtemp fails") }
        path = template.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    deinit {
        _ = try? ChildProcess("/bin/rm", ["-rf", path]).ending()
    }
}
