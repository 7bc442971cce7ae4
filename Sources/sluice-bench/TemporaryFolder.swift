// A place of its own for what a measurement writes.

private import Glibc

enum TemporaryFolder {
    /// Makes a folder under `parent`, and answers its path; nil where that fails, and `errno` says why.
    static func make(in parent: String = "/tmp") -> String? {
        var template = Array("\(parent)/sluice-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
