// The audit log on real files: appended, opened again, and honest about what it could not write.

import Glibc
import Logging
import SluiceDaemon
import Testing

@Suite struct AuditLogTests {
    /// A folder of its own for one test.
    private final class Folder {
        let path: String
        init() throws {
            var template = Array("/tmp/sluice-audit-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        deinit {
            for name in ["audit.log", "audit.log.1"] { unlink("\(path)/\(name)") }
            rmdir(path)
        }
        func lines(_ name: String = "audit.log") throws -> [String] {
            let file = try #require(fopen("\(path)/\(name)", "r"))
            defer { fclose(file) }
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = fread(&buffer, 1, buffer.count, file)
                if count == 0 { break }
                bytes += buffer[..<count]
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        }
    }

    private let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func `lines are appended in order and survive a second start`() throws {
        let folder = try Folder()
        for start in 0..<2 {
            let log = try AuditLog(path: folder.path + "/audit.log", log: silent)
            for number in 0..<1_000 {
                log.append(Array("line \(start) \(number)".utf8))
                if number % 100 == 0 { log.flush() }
            }
            try log.close()
        }
        #expect(try folder.lines() == (0..<2).flatMap { start in (0..<1_000).map { "line \(start) \($0)" } })
    }

    @Test func `the file is for its owner and its group`() throws {
        let folder = try Folder()
        try AuditLog(path: folder.path + "/audit.log", log: silent).close()
        var status = stat()
        #expect(stat(folder.path + "/audit.log", &status) == 0)
        #expect(status.st_mode & 0o777 & ~0o640 == 0)
    }

    @Test func `a file that was moved away is left, and a new one begun`() throws {
        let folder = try Folder()
        let log = try AuditLog(path: folder.path + "/audit.log", log: silent)
        log.append(Array("before".utf8))
        log.flush()
        // Closing and opening happen on the log's own thread, in order with the writing: what was added before
        // `reopen` may stand in either file, but in one of them only.
        try #require(rename(folder.path + "/audit.log", folder.path + "/audit.log.1") == 0)
        log.reopen()
        log.append(Array("after".utf8))
        try log.close()
        #expect(try folder.lines("audit.log.1") + folder.lines() == ["before", "after"])
        #expect(try folder.lines().last == "after")
    }

    @Test func `a full disk loses nothing up to the limit, and beyond it says how much`() throws {
        let log = try AuditLog(path: "/dev/full", limit: 1_000, log: silent)
        for _ in 0..<100 {
            log.append(Array(repeating: UInt8(ascii: "x"), count: 99))
            log.flush()
        }
        let figures = log.figures
        #expect(figures.lines == 100)
        #expect(figures.queuedBytes <= 1_000)
        #expect(figures.lost == 100 - figures.queuedBytes / 100)
        #expect(figures.queuedBytes >= 900)
        try log.close()
    }

    @Test func `lines that were lost are told in the log once it can be written again`() throws {
        let folder = try Folder()
        let path = folder.path + "/audit.log"
        try #require(symlink("/dev/full", path) == 0)
        let log = try AuditLog(path: path, limit: 250, log: silent)
        for number in 0..<10 { log.append(Array("line \(number) \(String(repeating: "x", count: 90))".utf8)) }
        #expect(log.figures.lost == 8)
        try #require(unlink(path) == 0)
        log.reopen()
        log.append(Array("more".utf8))
        try log.close()
        let lines = try folder.lines()
        #expect(lines.filter { $0.hasPrefix("line ") }.count == 2)
        #expect(lines.contains { $0.contains("\"lost\":8") || $0.contains("\"lost\":9") }, "\(lines)")
    }

    @Test func `a file that cannot be opened is said at once`() {
        #expect(throws: AuditLog.Failure.self) { try AuditLog(path: "/nonexistent/audit.log", log: silent) }
    }
}
