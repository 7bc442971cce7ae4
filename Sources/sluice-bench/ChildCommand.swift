// Another program, run to its end, with what it used.

import Glibc

struct ChildCommand {
    struct Usage {
        /// Exit code, or minus the signal that ended it.
        let status: Int32
        /// User and system.
        let processorSeconds: Double
        /// Most memory that was resident at once.
        let peakBytes: Int
    }

    private let program: String
    private let arguments: [String]
    private let discardsOutput: Bool

    init(_ program: String, _ arguments: [String], discardsOutput: Bool) {
        self.program = program
        self.arguments = arguments
        self.discardsOutput = discardsOutput
    }

    /// Runs it; `feed` writes its standard input, which is empty otherwise.
    func run(feed: ((Int32) throws -> Void)? = nil) throws -> Usage {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchFailure("pipe: \(String(cString: strerror(errno)))") }
        // The program must not hold the end that is written here, or it would never see the end of its input.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A program that ends early must not end this one.
        signal(SIGPIPE, SIG_IGN)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
        if discardsOutput { posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) }
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        let variables: [String] = ["PATH=/usr/bin:/bin", "HOME=/tmp"]
        var settings: [UnsafeMutablePointer<CChar>?] = variables.map { (text: String) in strdup(text) } + [nil]
        defer { for word in words + settings { free(word) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, program, &actions, nil, &words, &settings)
        close(ends[0])
        guard result == 0 else {
            close(ends[1])
            throw BenchFailure("\(program): \(String(cString: strerror(result)))")
        }
        defer { signal(SIGPIPE, SIG_DFL) }
        var failure: (any Error)?
        do {
            try feed?(ends[1])
        } catch {
            failure = error
        }
        close(ends[1])
        var status: Int32 = 0
        var usage = rusage()
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        if let failure { throw failure }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) * 1e-6 }
        return Usage(
            status: status & 0x7f == 0 ? (status >> 8) & 0xff : -(status & 0x7f),
            processorSeconds: seconds(usage.ru_utime) + seconds(usage.ru_stime), peakBytes: usage.ru_maxrss * 1_024)
    }
}
