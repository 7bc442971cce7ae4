// Log lines for a person, on standard error. Under systemd each line begins with its syslog level as `<n>`
// (sd-daemon(3)), from which the journal takes its priority, and leaves the time to the journal.

private import Glibc
package import Logging
private import SluiceModel
private import SluiceProtocol

package struct OperatorLog: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let toJournal: Bool

    package init(level: Logger.Level, toJournal: Bool) {
        logLevel = level
        self.toJournal = toJournal
    }

    /// Whether standard error is the journal's stream: JOURNAL_STREAM names its device and inode (systemd.exec(5)).
    package static func isJournal(environment: [String: String]) -> Bool {
        var status = stat()
        guard let stream = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let facts = metadata.merging(event.metadata ?? [:]) { $1 }
        let details = facts.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.value($0.value))" }.joined()
        let text = "\(event.message)\(details)\n"
        let line: String
        if toJournal {
            line = "<\(Self.priority(event.level))>\(text)"
        } else {
            line = "\(Instant.now(wholeSeconds: true).text) \(event.level.rawValue): \(text)"
        }
        let bytes = Array(line.utf8)
        // A log that cannot be written must not stop the service.
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }

    private static func value(_ value: Logger.Metadata.Value) -> String {
        let text = "\(value)"
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x7f }
        if isPlain { return text }
        return "\"" + text.map { $0 == "\"" ? "\\\"" : $0.isNewline ? "\\n" : String($0) }.joined() + "\""
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .critical: 2
        case .error: 3
        case .warning: 4
        case .notice: 5
        case .info: 6
        case .debug, .trace: 7
        }
    }
}
