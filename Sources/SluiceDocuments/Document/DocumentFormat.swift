// The formats that are read, as they name themselves in answers.

package enum DocumentFormat: String, Hashable, Sendable, CaseIterable {
    case sluiceTopology = "sluice-topology"
    case sluiceDemands = "sluice-demands"
    case instance = "pfar-instance"
    case solution = "pfar-solution"
    case nodeLink = "node-link"
    case graphML = "graphml"
    case sndlibNative = "sndlib-native"
    case sndlibXML = "sndlib-xml"
    case repetitaGraph = "repetita-graph"
    case repetitaDemands = "repetita-demands"
    case policy = "sluice-policy"

    /// For messages: "a Sluice topology".
    package var text: String {
        switch self {
        case .sluiceTopology: "a Sluice topology"
        case .sluiceDemands: "a Sluice demands file"
        case .instance: "an instance (nodes, links, flows)"
        case .solution: "a solution"
        case .nodeLink: "a node-link graph"
        case .graphML: "GraphML"
        case .sndlibNative: "an SNDlib network in native form"
        case .sndlibXML: "an SNDlib network in XML"
        case .repetitaGraph: "a Repetita graph"
        case .repetitaDemands: "Repetita demands"
        case .policy: "a Sluice policy"
        }
    }
}
