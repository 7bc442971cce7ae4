// One line of the control socket as values: JSON-RPC 2.0 requests, notifications and batches, their form checked,
// their params checked against the method's schema. What they mean is not this module's matter: SluiceMapping
// makes requests of the control plane of them.

package import SluiceJSON

/// The `id` of a request, repeated in its reply.
package enum RequestID: Hashable, Sendable {
    case integer(Int)
    case text(String)
    case null
}

/// A method and params that have the shape that its schema asks for.
package struct Invocation: Sendable {
    package let method: Method
    /// An object; empty where the request had no `params`.
    package let params: JSONNode
}

/// One call: a request, or a notification, which gets no reply.
package struct Call: Sendable {
    /// nil: a notification.
    package let id: RequestID?
    package let content: Result<Invocation, ProtocolFault>

    package init(id: RequestID?, content: Result<Invocation, ProtocolFault>) {
        self.id = id
        self.content = content
    }
}

/// What one line asks for.
package enum Incoming: Sendable {
    case single(Call)
    /// Never empty. Answered in one array, in the order of its calls.
    case batch([Call])
}
