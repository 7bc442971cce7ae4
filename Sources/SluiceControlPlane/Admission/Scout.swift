// The way that a flow without room would take if every other flow could go: searched once, and asked for by grooming, by
// preemption at every level, and by the refusal. What others hold makes links dear and closes none there, so where all of
// its links are open under a stricter rule, it is the cheapest way under that rule too.

import SluiceModel

struct Scout: Sendable {
    let flow: Flow
    let need: Bandwidth
    let route: Route
}

extension ControlPlane {
    /// The route of `flow` if every other flow went.
    mutating func routeWithoutOthers(_ flow: Flow, need: Bandwidth) -> Route {
        if let scout, scout.flow == flow, scout.need == need { return scout.route }
        let route = route(flow, need: need, rule: .empty)
        scout = Scout(flow: flow, need: need, route: route)
        return route
    }

    /// The route of `flow` under `rule`, by way of what is known already.
    mutating func scoutedRoute(_ flow: Flow, need: Bandwidth, rule: RoomView.Rule) -> Route {
        if let scout, scout.flow == flow, scout.need == need, case .found(let path, let backup) = scout.route {
            let view = roomView(for: flow, need: need, rule: rule)
            if view.areOpen(path), view.areOpen(backup ?? []) { return scout.route }
        }
        return route(flow, need: need, rule: rule)
    }

    /// Whether `flow` has a route under `rule`.
    mutating func hasRoute(_ flow: Flow, need: Bandwidth, rule: RoomView.Rule) -> Bool {
        let view = roomView(for: flow, need: need, rule: rule)
        if let scout, scout.flow == flow, scout.need == need, case .found(let path, let backup) = scout.route,
            view.areOpen(path), view.areOpen(backup ?? [])
        {
            return true
        }
        if flow.takesAnyPath {
            if case .open = search.reach(from: flow.source.raw, to: flow.destination.raw, in: view) { return true }
            return false
        }
        if case .found = search.route(flow, in: view, topology: topology) { return true }
        return false
    }
}

extension RoomView {
    func areOpen(_ links: [Int32]) -> Bool {
        for link in links where !isOpen(Int(link)) { return false }
        return true
    }
}
