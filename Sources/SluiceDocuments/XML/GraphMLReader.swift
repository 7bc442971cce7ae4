// GraphML as the Internet Topology Zoo writes it (Knight et al., "The Internet Topology Zoo", IEEE JSAC 29, 2011). Key
// ids differ from file to file, so keys go by `attr.name`: Latitude, Longitude, LinkSpeedRaw (bit/s), Network.

import SluiceJSON
import SluiceModel

struct GraphMLReader {
    private var draft = NetworkDraft(.graphML)
    private let faults: FaultCollector
    private let options: ImportOptions
    /// `attr.name` of each key id.
    private var keys: [String: String] = [:]

    static func read(
        _ root: XMLElement, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = GraphMLReader(faults: faults, options: options)
        reader.read(root)
        return try reader.draft.finish(options: options, faults: faults, isStrict: false)
    }

    private init(faults: FaultCollector, options: ImportOptions) {
        self.faults = faults
        self.options = options
        draft.memberName = { field, _ in
            switch field {
            case "a.switch", "a.port": "source"
            case "b.switch", "b.port": "target"
            default: field
            }
        }
    }

    private mutating func read(_ root: XMLElement) {
        for key in root.all("key") {
            if let id = key.attributes["id"], let name = key.attributes["attr.name"] { keys[id] = name }
        }
        guard let graph = root.first("graph") else {
            faults.report(.text(root.position, field: ""), .missing("graph"))
            return
        }
        let attributes = data(of: graph)
        draft.name = attributes["Network"]?.text ?? ""
        draft.source = attributes["Source"]?.text
        let isDirected = graph.attributes["edgedefault"] == "directed"
        for (position, node) in graph.all("node").enumerated() { readNode(node, position) }
        for (position, edge) in graph.all("edge").enumerated() { readEdge(edge, position, isDirected: isDirected) }
        draft.setLatenciesFromLocations()
    }

    private mutating func readNode(_ node: XMLElement, _ position: Int) {
        let place = Place.text(node.position, field: "node[\(position)]")
        guard let id = required("id", of: node, place) else { return }
        let attributes = data(of: node)
        let latitude = coordinate(attributes["Latitude"], in: -90...90, place.member("Latitude"))
        let longitude = coordinate(attributes["Longitude"], in: -180...180, place.member("Longitude"))
        var location: Location?
        if let latitude, let longitude { location = Location(latitude: latitude, longitude: longitude) }
        draft.addNode(id, location: location, at: place)
    }

    private mutating func readEdge(_ edge: XMLElement, _ position: Int, isDirected: Bool) {
        let place = Place.text(edge.position, field: "edge[\(position)]")
        let from = required("source", of: edge, place)
        let to = required("target", of: edge, place)
        var capacity: Bandwidth?
        if let speed = data(of: edge)["LinkSpeedRaw"] {
            capacity = DecimalText.scaled(speed.text, power: 0, rounding: .down).flatMap { Bandwidth(exactly: $0) }
            if capacity == nil {
                faults.report(
                    .text(speed.position, field: "edge[\(position)].LinkSpeedRaw"),
                    .unreadable(speed.text, wanted: "a number of bit/s"))
            }
        }
        guard let from, let to else { return }
        let directed = edge.attributes["directed"].map { $0 == "true" } ?? isDirected
        draft.addForeignLink(
            id: edge.attributes["id"], from: from, to: to, capacity: capacity, isDirected: directed, options: options,
            at: place)
    }

    /// The `data` children by the name of their key.
    private func data(of element: XMLElement) -> [String: XMLElement] {
        var attributes: [String: XMLElement] = [:]
        for child in element.children where child.name == "data" {
            if let key = child.attributes["key"], let name = keys[key] { attributes[name] = child }
        }
        return attributes
    }

    private func required(_ name: String, of element: XMLElement, _ place: Place) -> String? {
        if let value = element.attributes[name] { return value }
        faults.report(place.member(name), .missing(name))
        return nil
    }

    private func coordinate(_ element: XMLElement?, in range: ClosedRange<Double>, _ place: Place) -> Double? {
        guard let element else { return nil }
        if let value = DecimalText.value(element.text), range.contains(value) { return value }
        faults.report(
            place, .unreadable(element.text, wanted: "degrees from \(range.lowerBound) to \(range.upperBound)"))
        return nil
    }
}
