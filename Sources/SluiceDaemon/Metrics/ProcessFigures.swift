// The process as the kernel sees it (proc(5)), under the names that every Prometheus client library uses.

private import Glibc

struct ProcessFigures: Sendable {
    let processorSeconds: Double
    let residentBytes: Int
    let virtualBytes: Int
    let openDescriptors: Int
    let descriptorLimit: Int

    static func now() -> ProcessFigures {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let pages = memoryPages()
        let pageBytes = max(1, sysconf(CInt(_SC_PAGESIZE)))
        return ProcessFigures(
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime),
            residentBytes: pages.resident * pageBytes, virtualBytes: pages.all * pageBytes,
            openDescriptors: descriptorCount(), descriptorLimit: Int(clamping: limit.rlim_cur))
    }

    /// /proc/self/statm: size and resident, in pages; zeros where /proc is out of reach.
    private static func memoryPages() -> (all: Int, resident: Int) {
        let descriptor = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return (0, 0) }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 128)
        let count = read(descriptor, &buffer, buffer.count)
        let words = String(decoding: buffer[..<max(0, count)], as: UTF8.self).split(separator: " ")
        guard words.count >= 2 else { return (0, 0) }
        return (Int(words[0]) ?? 0, Int(words[1]) ?? 0)
    }

    private static func descriptorCount() -> Int {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the folder's own.
        return max(0, count - 3)
    }
}
