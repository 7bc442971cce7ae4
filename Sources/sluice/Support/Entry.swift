// Runs a command line and ends the process with the exit codes that Sluice promises, which differ from the parser's
// own (sysexits' 64 for usage, 1 for everything else).

import ArgumentParser
import SluiceJSON
import SluiceModel

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
            say(failure.status, failure.lines, failure.answer)
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
            say(.usage, [unknownCommand(of: command) ?? text])
            return ExitStatus.usage.rawValue
        default:
            say(.internal, ["internal failure: \(error)"])
            return ExitStatus.internal.rawValue
        }
    }

    /// What to say where the first words name no command: the parser calls them unexpected arguments.
    private static func unknownCommand(of root: (some ParsableCommand).Type) -> String? {
        var known: [any ParsableCommand.Type] = root.configuration.subcommands
        var path = [root._commandName]
        for word in CommandLine.arguments.dropFirst() {
            // Past the groups of commands come arguments and options.
            guard !known.isEmpty, !word.hasPrefix("-"), word != "help" else { return nil }
            guard let next = known.first(where: { $0._commandName == word }) else {
                let names = known.map { $0._commandName }
                return "there is no command \"\(path.joined(separator: " ")) \(word)\""
                    + Suggestion.sentence(for: word, among: names)
                    + " (\(path.joined(separator: " ")) --help lists them)"
            }
            path.append(word)
            known = next.configuration.subcommands
        }
        return nil
    }

    /// Tells people on standard error, and programs that asked for JSON on standard output as well: they get one
    /// document whatever happens. `answer` is the daemon's own error object.
    private static func say(_ status: ExitStatus, _ lines: [String], _ answer: JSONNode? = nil) {
        StandardError.write(lines.map { "sluice: \($0)\n" }.joined())
        // The command line may be what is wrong, so it is looked at as it was given.
        guard CommandLine.arguments.dropFirst().prefix(while: { $0 != "--" }).contains("--json") else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("error")
        writer.beginObject()
        writer.member("kind", status.word)
        writer.member("message", lines.joined(separator: "\n"))
        if let answer {
            writer.name("answer")
            writer.node(answer)
        }
        writer.endObject()
        writer.endObject()
        StandardOutput.write(writer.bytes + [UInt8(ascii: "\n")])
    }
}
