// `sluice policy`: what the operator wants, in files.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Checks and shows policies, and puts them in force.",
        discussion: """
            Every key, its meaning and its default stand in policies/default.yaml.

            Examples:
              sluice policy validate policies/campus.yaml
              sluice policy show policies/mission-critical.yaml
              sluice policy apply site.yaml
            """,
        subcommands: [PolicyApplyCommand.self, PolicyShowCommand.self, PolicyValidateCommand.self])
}

struct PolicyValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Finds everything that is wrong with a policy's file.",
        discussion: """
            Ends with 0 where there is no fault, 1 where there are faults, 3 where the file cannot be read.

            Examples:
              sluice policy validate policies/campus.yaml
              sluice policy validate --json site.yaml
            """)

    @Argument(help: "The file.")
    var file: String

    @Flag(help: "Print one JSON document: {\"valid\", \"faults\", \"warnings\"}.")
    var json = false

    func run() throws {
        do throws(InvalidDocument) {
            _ = try PolicyReader.read(DocumentFile(reading: file))
        } catch {
            try FaultReport.fail(error, json: json)
        }
        StandardOutput.write(json ? FaultReport.json(faults: [], warnings: []) : Array("\(file): no faults\n".utf8))
    }
}

struct PolicyShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Prints a policy with every default filled in.",
        discussion: """
            Examples:
              sluice policy show policies/mission-critical.yaml
              sluice policy show --json policies/datacenter.yaml
            """)

    @Argument(help: "The file.")
    var file: String

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        let policy = try DocumentInput.use { () throws(InvalidDocument) in
            try PolicyReader.read(DocumentFile(reading: file))
        }
        StandardOutput.write(json ? PolicyWriter.json(policy, pretty: true) : Array(Self.text(of: policy).utf8))
    }

    private static func text(of policy: Policy) -> String {
        var classes = Table([
            .text("CLASS"), .number("PRIORITY"), .number("WEIGHT"), .text("PREEMPTS"), .text("PREEMPTABLE"),
            .number("MAX BANDWIDTH"), .number("MAX LATENCY"), .number("MATCHES"),
        ])
        for trafficClass in policy.classes {
            let isDefault = trafficClass.name == policy.defaultClass
            classes.append([
                trafficClass.name + (isDefault ? " (default)" : ""), "\(trafficClass.priority)",
                "\(trafficClass.weight ?? trafficClass.priority)", yesNo(trafficClass.mayPreempt),
                yesNo(trafficClass.preemptable), trafficClass.maxBandwidth?.text ?? "-",
                trafficClass.maxLatency?.text ?? "-", "\(trafficClass.matches.count)",
            ])
        }
        return classes.text + "\n" + settings(of: policy).text
    }

    private static func settings(of policy: Policy) -> Table {
        var table = Table([.text("SETTING"), .text("VALUE")])
        let admission = policy.admission
        table.append(["admission", "\(admission.objective.rawValue), method \(admission.method.rawValue)"])
        table.append(["budget", "\(admission.budgetSeconds) s"])
        table.append(["preemption", yesNo(admission.preemption)])
        let interval = policy.reoptimisation.intervalSeconds.map { "every \($0) s" } ?? "on request"
        table.append(["reoptimisation", "\(interval), at most \(policy.reoptimisation.maxMoves) moves"])
        let learning = policy.learning
        table.append(["learning", parameters(of: learning)])
        if learning.scheme != .off {
            table.append([
                "acting on it",
                "\(learning.action.rawValue), margin \(learning.margin), dwell \(learning.dwellSeconds) s",
            ])
        }
        table.append(["telemetry from", policy.telemetry.sources.map(\.text).joined(separator: " ")])
        let limits = policy.limits
        table.append(["flows", "\(limits.flows), \(limits.flowsPerClient) a client"])
        table.append(["connections", "\(limits.connections)"])
        table.append(["subscriptions", "\(limits.subscriptionsPerClient) a client"])
        for rule in policy.access {
            switch rule.subject {
            case .user(let id): table.append(["access", "user \(id): \(rule.role.rawValue)"])
            case .group(let id): table.append(["access", "group \(id): \(rule.role.rawValue)"])
            }
        }
        table.append(["meters", policy.meters.enabled ? "burst \(policy.meters.burstMilliseconds) ms" : "none"])
        table.append(["unadmitted traffic", policy.unadmitted.rawValue])
        return table
    }

    private static func parameters(of learning: LearningPolicy) -> String {
        let steps: String
        switch learning.scheme {
        case .off: return "off"
        case .linearRewardEpsilonPenalty: steps = "a \(learning.rewardStep), b \(learning.penaltyStep)"
        case .linearRewardPenalty: steps = "a and b \(learning.rewardStep)"
        case .linearRewardInaction: steps = "a \(learning.rewardStep)"
        case .pursuit: steps = "lambda \(learning.pursuitStep), memory \(learning.memoryWeight)"
        case .fixedPoint: steps = "a \(learning.rewardStep), b \(learning.penaltyStep), in 2^-16"
        case .discretisedPursuit, .generalisedPursuit, .lastPositionElimination:
            steps = "N \(learning.resolution), memory \(learning.memoryWeight)"
        }
        return "\(learning.scheme.rawValue), \(steps), floor \(learning.floor), \(learning.paths) paths"
    }

    private static func yesNo(_ value: Bool) -> String { value ? "yes" : "no" }
}
