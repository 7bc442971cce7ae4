// Errors of the control plane as the wire has them.

package import SluiceControlPlane
internal import SluiceModel
package import SluiceProtocol

extension ProtocolFault {
    /// - Parameter nearest: the known name that was probably meant.
    package init(_ error: RequestError, nearest: String? = nil) {
        var facts: [(name: String, fact: Fact)] = []
        switch error {
        case .invalid(let field, _): facts = [("field", .text(field))]
        case .duplicateFlow(let flow), .unknownFlow(let flow): facts = [("flow", .text(flow.text))]
        case .flowEnded(let flow, let state): facts = [("flow", .text(flow.text)), ("state", .text(state.rawValue))]
        case .unknownNode(let field, let name): facts = [("field", .text(field)), ("node", .text(name))]
        case .unknownLink(let field, let name): facts = [("field", .text(field)), ("link", .text(name))]
        case .unknownSwitch(let name): facts = [("switch", .text(name))]
        case .unknownClass(let name): facts = [("class", .text(name))]
        case .unknownAffinity(let field, let name): facts = [("field", .text(field)), ("affinity", .text(name))]
        case .switchOwned(let name), .switchNotOwned(let name): facts = [("switch", .text(name.text))]
        case .unknownRevision(let name, let revision):
            facts = [("switch", .text(name.text)), ("revision", .integer(Int(clamping: revision)))]
        case .optimizationRunning: break
        case .limitReached(let limit, let maximum):
            facts = [("limit", .text(limit.rawValue)), ("maximum", .integer(maximum))]
        }
        var message = error.message
        if let nearest {
            message += " (did you mean \"\(nearest)\"?)"
            facts.append(("didYouMean", .text(nearest)))
        }
        self.init(number: error.number, code: error.code, message: message, facts: facts)
    }
}
