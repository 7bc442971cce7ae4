// Runs a command line and ends the process with the exit codes that Sluice promises, which differ from the parser's
// own (sysexits' 64 for usage, 1 for everything else).

import ArgumentParser
private import Glibc

enum Entry {
    /// Parses the process's arguments as `command`, runs what they name and exits.
    static func run(_ command: (some ParsableCommand).Type) -> Never {
        do {
            var parsed = try command.parseAsRoot()
            try parsed.run()
            exit(ExitStatus.answered.rawValue)
        } catch {
            exit(report(error, of: command))
        }
    }

    /// Writes what there is to say about `error` and answers the exit code.
    private static func report(_ error: any Error, of command: (some ParsableCommand).Type) -> Int32 {
        if let failure = error as? CommandFailure {
            StandardError.write("sluice: \(failure.text)\n")
            return failure.status.rawValue
        }
        if let status = error as? ExitCode { return status.rawValue }
        let message = command.fullMessage(for: error)
        switch command.exitCode(for: error) {
        case .success:
            StandardOutput.write(message + "\n")
            return ExitStatus.answered.rawValue
        case .validationFailure:
            let prefix = "Error: "
            let text = message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message
            StandardError.write("sluice: \(text)\n")
            return ExitStatus.usage.rawValue
        default:
            StandardError.write("sluice: internal failure: \(error)\n")
            return ExitStatus.internal.rawValue
        }
    }
}
