// Which occurrences are worth an operator's line, and at which level.

import Logging
import SluiceControlPlane
import SluiceModel

enum OccurrenceLog {
    static func write(_ occurrence: Occurrence, to log: Logger) {
        let level = level(of: occurrence.kind)
        guard log.logLevel <= level else { return }
        var facts: Logger.Metadata = [:]
        if let flow = occurrence.flow { facts["flow"] = "\(flow)" }
        if let link = occurrence.link { facts["link"] = "\(link)" }
        if let name = occurrence.switch { facts["switch"] = "\(name)" }
        if let state = occurrence.linkState { facts["state"] = "\(state.rawValue)" }
        if let reason = occurrence.moveReason { facts["reason"] = "\(reason.rawValue)" }
        if let code = occurrence.rejectionCode { facts["rejection"] = "\(code.rawValue)" }
        if let message = occurrence.message { facts["message"] = "\(message)" }
        log.log(level: level, "\(occurrence.kind.rawValue)", metadata: facts)
    }

    private static func level(of kind: Occurrence.Kind) -> Logger.Level {
        switch kind {
        case .rulesRefused, .flowInterrupted: .warning
        case .linkChanged, .switchOwned, .switchReleased, .optimizationFinished, .policyReplaced,
            .topologyReplaced:
            .notice
        case .flowPreempted, .flowDegraded: .info
        case .flowAdmitted, .flowRejected, .flowPending, .flowMoved, .flowSplit, .flowRestored, .flowActive,
            .flowUpdated, .flowWithdrawn, .flowExpired:
            .debug
        }
    }
}
