// Why a command ends without its answer, and the exit code that says so.

import SluiceJSON

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

    /// What `--json` calls it.
    var word: String {
        switch self {
        case .answered: "answered"
        case .refused: "refused"
        case .usage: "usage"
        case .input: "input"
        case .unreachable: "unreachable"
        case .internal: "internal"
        }
    }
}

/// Printed on standard error as `sluice: what: why (what to do)`, and with `--json` on standard output as an object.
struct CommandFailure: Error {
    let status: ExitStatus
    /// At least one: a document has a line for each of its faults.
    let lines: [String]
    /// The daemon's own error object, where it was the daemon that refused.
    let answer: JSONNode?

    /// - Parameters:
    ///   - what: what was attempted, on what: a file, a socket, a flow.
    ///   - remedy: what the operator can do; nil where `why` says it all.
    init(_ status: ExitStatus, _ what: String, _ why: String, remedy: String? = nil, answer: JSONNode? = nil) {
        self.status = status
        lines = ["\(what): \(why)" + (remedy.map { " (\($0))" } ?? "")]
        self.answer = answer
    }

    init(_ status: ExitStatus, lines: [String]) {
        self.status = status
        self.lines = lines
        answer = nil
    }
}
