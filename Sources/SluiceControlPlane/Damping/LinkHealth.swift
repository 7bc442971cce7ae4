// Links that fail and return again and again take no flows for a while after each return: a hold-down with exponential
// backoff, by policy. The first return is believed at once, so maintenance and single faults cost no time.

import SluiceModel

struct LinkHealth: Hashable, Sendable {
    /// In a row, none further from the next than the policy's `forgetSeconds`.
    var failures = 0
    var lastFailure = Instant.epoch
    /// Up, and closed to flows until then.
    var heldUntil: Instant?
}

extension ControlPlane {
    /// Whether `link` is up and not held down.
    func isOpenToFlows(_ link: LinkIndex) -> Bool {
        linkStates[link.position] == .up && health[link]?.heldUntil == nil
    }

    /// Takes note of a link's new state, before `linkStates` does.
    mutating func noteHealth(of link: LinkIndex, becoming state: LinkState) {
        let former = linkStates[link.position]
        switch state {
        case .down:
            var known = health[link] ?? LinkHealth()
            let isForgotten = now.seconds(since: known.lastFailure) > policy.damping.forgetSeconds
            known.failures = isForgotten ? 1 : known.failures + 1
            known.lastFailure = now
            known.heldUntil = nil
            health[link] = known
        case .up:
            guard former == .down, let failures = health[link]?.failures else { return }
            let seconds = policy.damping.holdDown(afterFailures: failures)
            guard seconds > 0 else { return }
            let until = now.advanced(bySeconds: seconds)
            health[link]?.heldUntil = until
            timers.arm(.linkRelease(link: link.position, until: until), at: until)
        case .drained: health[link]?.heldUntil = nil
        }
    }

    /// Lets flows on links that were held down.
    mutating func releaseHeld(_ links: [LinkIndex]) -> Outcome {
        for link in links {
            health[link]?.heldUntil = nil
            takesFlows[link.position] = isOpenToFlows(link)
            if takesFlows[link.position] { holdings.noteGain(on: link.position) }
            let id = topology[link].id
            report(.linkChanged) {
                $0.link = id
                $0.linkState = .up
                $0.message = "takes flows again"
            }
        }
        revision += 1
        learning.outdate()
        var consequences = Consequences(.linkState(.up, links: links))
        useRoom(&consequences)
        restoreProtection(&consequences)
        return conclude(consequences)
    }
}
