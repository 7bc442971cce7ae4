// SNDlib networks in XML (Orlowski et al., "SNDlib 1.0: Survivable Network Design Library", Networks 55, 2010), and the
// dynamic demand matrices, which have the same form without capacities.

import SluiceJSON
import SluiceModel

struct SNDlibXMLReader {
    private var network = SNDlibNetwork(.sndlibXML)
    private let faults: FaultCollector

    static func read(
        _ root: XMLElement, options: ImportOptions, faults: FaultCollector
    ) throws(InvalidDocument) -> ImportedNetwork {
        var reader = SNDlibXMLReader(faults: faults)
        reader.read(root)
        return try reader.network.finish(options: options, faults: faults)
    }

    private init(faults: FaultCollector) { self.faults = faults }

    private mutating func read(_ root: XMLElement) {
        let meta = root.first("meta")
        network.unit = meta?.first("unit")?.text
        network.origin = meta?.first("origin")?.text
        guard let structure = root.first("networkStructure") else {
            faults.report(.text(root.position, field: ""), .missing("networkStructure"))
            return
        }
        if let nodes = structure.first("nodes") {
            network.coordinates = nodes.attributes["coordinatesType"] == "geographical" ? .degrees : .pixels
            for (position, node) in nodes.all("node").enumerated() { readNode(node, position) }
        } else {
            faults.report(.text(structure.position, field: "networkStructure"), .missing("nodes"))
        }
        for (position, link) in (structure.first("links")?.all("link") ?? []).enumerated() {
            readLink(link, position)
        }
        for (position, demand) in (root.first("demands")?.all("demand") ?? []).enumerated() {
            readDemand(demand, position)
        }
    }

    private mutating func readNode(_ node: XMLElement, _ position: Int) {
        let place = Place.text(node.position, field: "node[\(position)]")
        guard let id = id(of: node, place) else { return }
        let coordinates = node.first("coordinates")
        let x = number("x", of: coordinates, place)
        let y = number("y", of: coordinates, place)
        network.addNode(id, x: x, y: y, at: place)
    }

    private mutating func readLink(_ link: XMLElement, _ position: Int) {
        let place = Place.text(link.position, field: "link[\(position)]")
        let id = id(of: link, place)
        let source = text("source", of: link, place)
        let target = text("target", of: link, place)
        let installed = link.first("preInstalledModule")?.first("capacity")?.text
        let modules = (link.first("additionalModules")?.all("addModule") ?? []).compactMap {
            $0.first("capacity")?.text
        }
        guard let id, let source, let target else { return }
        network.addLink(
            id, from: source, to: target, installed: installed, modules: modules, at: place, faults: faults)
    }

    private mutating func readDemand(_ demand: XMLElement, _ position: Int) {
        let place = Place.text(demand.position, field: "demand[\(position)]")
        let id = id(of: demand, place)
        let source = text("source", of: demand, place)
        let target = text("target", of: demand, place)
        let value = text("demandValue", of: demand, place)
        guard let id, let source, let target, let value else { return }
        network.addDemand(
            id, from: source, to: target, value: value, maxHops: demand.first("maxPathLength")?.text, at: place,
            faults: faults)
    }

    private func id(of element: XMLElement, _ place: Place) -> String? {
        if let id = element.attributes["id"] { return id }
        faults.report(place.member("id"), .missing("id"))
        return nil
    }

    private func text(_ name: String, of element: XMLElement, _ place: Place) -> String? {
        if let child = element.first(name) { return child.text }
        faults.report(place.member(name), .missing(name))
        return nil
    }

    private func number(_ name: String, of element: XMLElement?, _ place: Place) -> Double? {
        guard let child = element?.first(name) else { return nil }
        if let value = DecimalText.value(child.text) { return value }
        faults.report(place.member(name), .unreadable(child.text, wanted: "a number"))
        return nil
    }
}
