// A folder for one store, removed with the value.

import Glibc
import SluiceStore

final class StoreFolderFixture {
    let path: String
    var database: String { path + "/sluice.db" }

    init() {
        var template = Array("/tmp/sluice-store-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "mkdtemp fails")
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in ["sluice.db", "sluice.db-wal", "sluice.db-shm", "sluice.db-journal", "lock", "reserve"] {
            unlink(path + "/" + name)
        }
        rmdir(path)
    }

    func open(_ change: (inout SluiceStore.Options) -> Void = { _ in }) throws -> SluiceStore {
        var options = SluiceStore.Options()
        options.reserveBytes = 1 << 16
        change(&options)
        return try SluiceStore(directory: path, options: options)
    }

    func bytes(_ file: String) -> [UInt8] {
        let descriptor = Glibc.open(file, O_RDONLY)
        precondition(descriptor >= 0, "\(file) cannot be opened")
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    func write(_ bytes: [UInt8], to file: String) {
        let descriptor = Glibc.open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        precondition(descriptor >= 0, "\(file) cannot be opened")
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            precondition(count > 0, "write fails")
            rest = rest.dropFirst(count)
        }
    }
}
