// The daemon and the network as Prometheus text, for `system.metrics` and the loopback listener. Names by the
// conventions of Prometheus: prefix sluice_, base units, _total for counters; no labels that grow with flows or clients.

import NIOCore
import SluiceControlPlane
import SluiceModel
import SluiceProtocol

extension Controller {
    /// Every metric as it is now. Costs about a microsecond a link.
    func metricsText() -> [UInt8] {
        var text = PrometheusText()
        text.family("sluice_build_info", .gauge, "Version of the daemon; always 1.")
        text.sample(1, [("version", SluiceVersion.text)])
        writeDecisions(to: &text)
        writeNetwork(to: &text)
        writeSwitches(to: &text)
        writeTelemetry(to: &text)
        writeSolver(to: &text)
        writeSocket(to: &text)
        writeJournal(to: &text)
        writeAudit(to: &text)
        writeProcess(to: &text)
        return text.bytes
    }

    /// Whether one more scrape may run; `endScrape` ends it.
    func beginScrape() -> Bool {
        guard scrapes < DaemonLimits.scrapes, !isStopping else { return false }
        scrapes += 1
        return true
    }

    func endScrape() { scrapes -= 1 }

    private func writeDecisions(to text: inout PrometheusText) {
        text.family("sluice_decisions_total", .counter, "Flows decided, by outcome, and by reason where rejected.")
        let placed: [(DaemonMetrics.Decision, String)] = [
            (.admitted, "admitted"), (.degraded, "degraded"), (.pending, "pending"),
        ]
        for (decision, outcome) in placed {
            text.sample(metrics.decisions[decision] ?? 0, [("outcome", outcome), ("reason", "none")])
        }
        for code in Rejection.Code.allCases {
            text.sample(
                metrics.decisions[.rejected(code)] ?? 0, [("outcome", "rejected"), ("reason", code.rawValue)])
        }
        text.family("sluice_decision_seconds", .histogram, "Time that one decision took, without the socket.")
        text.samples(of: metrics.decisionSeconds)
        text.family("sluice_events_total", .counter, "Events as events.subscribe tells them, by kind.")
        for kind in Occurrence.Kind.allCases {
            text.sample(metrics.occurrences[kind] ?? 0, [("kind", kind.rawValue)])
        }
        text.family("sluice_moves_total", .counter, "Flows moved to another path, by reason.")
        for reason in Occurrence.MoveReason.allCases {
            text.sample(metrics.moves[reason] ?? 0, [("reason", reason.rawValue)])
        }
    }

    private func writeNetwork(to text: inout PrometheusText) {
        let status = plane.systemStatus
        text.family("sluice_flows", .gauge, "Flows known, by state.")
        for state in FlowState.allCases {
            text.sample(status.flows[state] ?? 0, [("state", state.rawValue)])
        }
        text.single(
            "sluice_waiting_flows", .gauge, "Flows without a place that are tried again when room is made.",
            Double(plane.waitingCount))
        text.single("sluice_switches", .gauge, "Switches of the topology.", Double(status.switches))
        text.single("sluice_owned_switches", .gauge, "Switches that an agent owns.", Double(status.ownedSwitches))
        let links = plane.linkMeasures
        text.family("sluice_link_up", .gauge, "1 where the directed link is up; 0 where it is down or drained.")
        for link in links { text.sample(link.isUp ? 1 : 0, [("link", link.id.text)]) }
        text.family("sluice_link_reserved_ratio", .gauge, "What admission holds over what it may hold.")
        for link in links { text.sample(link.reserved, [("link", link.id.text)]) }
        text.family("sluice_link_utilisation_ratio", .gauge, "What telemetry measured; absent where nothing is fresh.")
        for link in links {
            if let utilisation = link.utilisation { text.sample(utilisation, [("link", link.id.text)]) }
        }
    }

    private func writeSolver(to text: inout PrometheusText) {
        text.family("sluice_solves_total", .counter, "Runs of the solver, by what came of them.")
        for status in ["optimal", "feasible"] { text.sample(metrics.solves[status] ?? 0, [("status", status)]) }
        text.family("sluice_solve_seconds", .histogram, "Wall time of the solver's runs.")
        text.samples(of: metrics.solveSeconds)
        if let gap = metrics.solverGap {
            text.single(
                "sluice_solver_gap_ratio", .gauge, "(bound - objective) / max(1, objective) of the last run.", gap)
        }
        text.single("sluice_solver_running", .gauge, "1 while the solver runs.", solving == nil ? 0 : 1)
        text.single(
            "sluice_solver_queue_length", .gauge, "Solves that wait for the one that runs.", Double(orders.count))
    }

    private func writeSocket(to text: inout PrometheusText) {
        text.family("sluice_requests_total", .counter, "Requests that were understood, by method.")
        for method in Method.allCases { text.sample(metrics.requests[method] ?? 0, [("method", method.rawValue)]) }
        text.family("sluice_request_errors_total", .counter, "Requests answered by an error, by data.code.")
        for (code, count) in metrics.errors.sorted(by: { $0.key < $1.key }) { text.sample(count, [("code", code)]) }
        text.single("sluice_connections", .gauge, "Clients connected.", Double(connections.count))
        text.single(
            "sluice_connections_total", .counter, "Clients let in since the start.",
            Double(metrics.connectionsAccepted))
        text.family("sluice_connections_refused_total", .counter, "Clients not let in, or let go, by reason.")
        for refusal in DaemonMetrics.Refusal.allCases {
            text.sample(metrics.connectionsRefused[refusal] ?? 0, [("reason", refusal.rawValue)])
        }
        text.single("sluice_requests_in_flight", .gauge, "Requests that wait for their answers.", Double(pending.count))
        text.single(
            "sluice_outbound_bytes", .gauge, "Bytes that wait in the daemon for clients to read.",
            Double(connections.values.reduce(0) { $0 + $1.waitingBytes }))
        text.single(
            "sluice_notifications_missed_total", .counter, "Notifications that slow subscribers did not get.",
            Double(metrics.missedNotifications))
    }

    private func writeJournal(to text: inout PrometheusText) {
        guard surroundings.journal != nil else { return }
        text.family("sluice_journal_commit_seconds", .histogram, "Time until a batch of decisions was on disk.")
        text.samples(of: metrics.commitSeconds)
        text.single(
            "sluice_journal_waiting_decisions", .gauge, "Decisions that wait for a commit to be told.",
            Double(commitPoint.held.count + (commitPoint.committing?.count ?? 0)))
        text.single(
            "sluice_journal_bytes", .gauge, "Bytes of the journal that are not folded yet.",
            Double(journalFacts.journalBytes))
        text.single(
            "sluice_journal_full", .gauge, "1 while the disk is full and nothing more is admitted.",
            commitPoint.isShortOfSpace ? 1 : 0)
    }

    private func writeAudit(to text: inout PrometheusText) {
        guard let audit = surroundings.audit?.figures else { return }
        text.single("sluice_audit_lines_total", .counter, "Lines of the audit log.", Double(audit.lines))
        text.single(
            "sluice_audit_lost_total", .counter, "Lines that the audit log could not take.", Double(audit.lost))
        text.single(
            "sluice_audit_queue_bytes", .gauge, "Bytes that wait for the audit log's disk.", Double(audit.queuedBytes))
    }

    private func writeProcess(to text: inout PrometheusText) {
        text.family("sluice_reloads_total", .counter, "Reloads of the documents, by result.")
        for result in ["taken", "refused"] { text.sample(metrics.reloads[result] ?? 0, [("result", result)]) }
        let figures = ProcessFigures.now()
        text.single(
            "process_cpu_seconds_total", .counter, "Processor time used.", figures.processorSeconds)
        text.single("process_resident_memory_bytes", .gauge, "Memory in use.", Double(figures.residentBytes))
        text.single("process_virtual_memory_bytes", .gauge, "Address space in use.", Double(figures.virtualBytes))
        text.single("process_open_fds", .gauge, "Open file descriptors.", Double(figures.openDescriptors))
        text.single("process_max_fds", .gauge, "Most file descriptors.", Double(figures.descriptorLimit))
        text.single(
            "process_start_time_seconds", .gauge, "When the process began, since 1970.",
            Double(startedAt.nanoseconds) / 1e9)
    }
}
