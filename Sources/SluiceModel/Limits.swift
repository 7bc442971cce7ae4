// Every maximum in one place. Reaching one has a defined answer where it is checked.

package enum Limits {
    /// Nodes of one topology.
    package static let nodes = 100_000
    /// Cables of one topology.
    package static let cables = 1_000_000
    /// Bytes of a switch, link, host, flow or class name.
    package static let identifierBytes = 255
    /// Bytes of one document file.
    package static let documentBytes = 256 << 20
    /// Bytes of one request line on the control socket.
    package static let requestBytes = 1 << 20
    /// Nesting of arrays and objects in a JSON text.
    package static let jsonDepth = 64
    /// Flows of one admission problem.
    package static let flows = 1_000_000
    /// Largest weight of one flow in the objective.
    package static let weight = Int(Int32.max)
    /// Flows that are moved at most to let one newcomer in.
    package static let groomingMoves = 16
    /// Bytes of one packet block of a pcapng capture.
    package static let captureBlockBytes = 1 << 20
    /// Interfaces in one section of a pcapng capture.
    package static let captureInterfaces = 65_536
    /// Distinct five-tuples counted in captures; packets of further ones count in the totals only.
    package static let capturedFlows = 4_194_304
}
