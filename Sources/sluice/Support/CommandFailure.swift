// Why a command ends without its answer, and the exit code that says so.

/// The exit codes of every subcommand.
enum ExitStatus: Int32 {
    /// An answer was produced.
    case answered = 0
    /// The answer is no: rejected, faults found.
    case refused = 1
    case usage = 2
    /// An input file cannot be used.
    case input = 3
    /// The daemon cannot be reached.
    case unreachable = 4
    case `internal` = 5
}

/// Printed on standard error as `sluice: what: why (what to do)`.
struct CommandFailure: Error, Hashable {
    let status: ExitStatus
    /// What was attempted, on what: a file, a socket, a flow.
    let what: String
    let why: String
    /// What the operator can do; nil where `why` says it all.
    let remedy: String?

    init(_ status: ExitStatus, _ what: String, _ why: String, remedy: String? = nil) {
        self.status = status
        self.what = what
        self.why = why
        self.remedy = remedy
    }

    var text: String { "\(what): \(why)" + (remedy.map { " (\($0))" } ?? "") }
}
