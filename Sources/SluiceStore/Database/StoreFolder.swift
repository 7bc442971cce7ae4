// The folder of a store: one process at a time, and a file that only takes room. When the file system is full, giving
// that room back lets what was decided be written all the same; see docs/decisions/0702-the-journal.md.

private import Glibc

struct StoreFolder: ~Copyable {
    let path: String
    private let lock: CInt

    var database: String { path + "/sluice.db" }
    private var reserve: String { path + "/reserve" }

    /// Makes the folder where there is none, and takes it for this process.
    init(_ path: String, creating: Bool) throws(StoreFailure) {
        self.path = path
        if creating, mkdir(path, 0o700) != 0, errno != EEXIST {
            throw .inaccessible(file: path, reason: String(cString: strerror(errno)))
        }
        let file = path + "/lock"
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .inaccessible(file: file, reason: String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var digits = [UInt8](repeating: 0, count: 16)
            let count = read(descriptor, &digits, digits.count)
            close(descriptor)
            throw .inUse(file: path, process: Int32(String(decoding: digits[..<max(0, count)], as: UTF8.self)))
        }
        let digits = Array(String(getpid()).utf8)
        // The lock holds without the number; a full file system must not keep the daemon from its state.
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, digits, digits.count, 0) }
        lock = descriptor
    }

    deinit { close(lock) }

    /// Whether there is a database.
    var holdsDatabase: Bool { access(database, F_OK) == 0 }

    /// Makes names of new files durable.
    func sync() -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return fsync(descriptor) == 0
    }

    /// Takes `size` bytes of the file system for later; false where it has no such room.
    func takeReserve(_ size: Int) -> Bool {
        var status = stat()
        // Blocks count, not length: a reserve with holes would keep nothing.
        if stat(reserve, &status) == 0, status.st_size >= size, Int(status.st_blocks) * 512 >= size { return true }
        let descriptor = open(reserve, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let result = posix_fallocate(descriptor, 0, size)
        close(descriptor)
        if result != 0 { unlink(reserve) }
        return result == 0
    }

    /// Gives the reserve back; false where there was none.
    func releaseReserve() -> Bool { unlink(reserve) == 0 }
}
