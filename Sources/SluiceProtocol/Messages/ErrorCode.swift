// The errors that the control socket itself answers, defined once: the JSON-RPC number and the stable dotted name that
// `data.code` carries. Programs decide by the name; the message is for people and may change. Errors of a decision
// (an unknown flow, a duplicate id) are named by the control plane; their numbers are -32010 to -32039.

package enum ErrorCode: String, CaseIterable, Hashable, Sendable {
    // JSON-RPC 2.0's own (section 5.1).
    case jsonSyntax = "json.syntax"
    case requestInvalid = "request.invalid"
    case batchEmpty = "request.batchEmpty"
    case methodUnknown = "method.unknown"
    case parameterUnknown = "params.unknownMember"
    case parameterMissing = "params.missingMember"
    case parameterType = "params.wrongType"
    case parameterRange = "params.outOfRange"
    case parameterConflict = "params.conflict"
    case internalFailure = "internal"

    // Sluice's own.
    case accessDenied = "access.denied"
    case requestTooLong = "request.tooLong"
    case requestsInFlight = "limit.requestsInFlight"
    case connections = "limit.connections"
    case rateLimit = "limit.rate"
    case requestIncomplete = "request.incomplete"
    case idle = "connection.idle"
    case documentInvalid = "document.invalid"
    case shuttingDown = "system.stopping"
    case storageFull = "storage.full"

    /// The JSON-RPC `code`.
    package var number: Int {
        switch self {
        case .jsonSyntax: -32700
        case .requestInvalid, .batchEmpty: -32600
        case .methodUnknown: -32601
        case .parameterUnknown, .parameterMissing, .parameterType, .parameterRange, .parameterConflict: -32602
        case .internalFailure: -32603
        case .accessDenied: -32000
        case .requestTooLong: -32001
        case .requestsInFlight: -32002
        case .connections: -32003
        case .rateLimit: -32004
        case .requestIncomplete: -32005
        case .idle: -32006
        case .documentInvalid: -32040
        case .shuttingDown: -32050
        case .storageFull: -32051
        }
    }

    /// When it is answered, for the documentation and for `rpc.discover`.
    package var summary: String {
        switch self {
        case .jsonSyntax: "the line is not JSON in UTF-8"
        case .requestInvalid: "the line is JSON but no JSON-RPC 2.0 request"
        case .batchEmpty: "a batch holds at least one request"
        case .methodUnknown: "there is no such method"
        case .parameterUnknown: "params has a member that the method does not know"
        case .parameterMissing: "params lacks a member that the method needs"
        case .parameterType: "a member of params has the wrong JSON type"
        case .parameterRange: "a member of params has a value outside its range"
        case .parameterConflict: "two members of params exclude each other"
        case .internalFailure: "a defect in the daemon"
        case .accessDenied: "the client's role does not allow the method"
        case .requestTooLong: "the line is longer than 1 MiB"
        case .requestsInFlight: "too many requests of this connection wait for their answers"
        case .connections: "too many clients are connected, or too many of this user"
        case .rateLimit:
            "the user asks more often than the policy allows; data.retryAfterMilliseconds says when to go on"
        case .requestIncomplete: "half a line waited too long for its end; the connection is closed"
        case .idle: "nothing was asked for too long; the connection is closed"
        case .documentInvalid: "the document has faults; the old configuration stays"
        case .shuttingDown: "the daemon is stopping"
        case .storageFull: "the disk of the daemon's state is full; nothing more is admitted until there is room"
        }
    }
}
