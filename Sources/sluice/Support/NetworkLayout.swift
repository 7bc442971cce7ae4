// Where switches stand on a drawing: by their locations where they have them, else on a circle in the order of the file.

import SluiceModel
import SluiceReport

private import Glibc

enum NetworkLayout {
    static func places(of switches: [NodeIndex], in topology: Topology) -> [NetworkMap.Place] {
        let located = switches.map { node -> Location? in
            guard case .switch(let kind) = topology[node].kind else { return nil }
            return kind.location
        }
        let known = located.compactMap { $0 }
        guard known.count == switches.count, !known.isEmpty else { return circle(switches, topology) }
        // Equirectangular, with the middle latitude's true ratio (Snyder, "Map Projections", 1987, chapter 12).
        let latitudes = known.map(\.latitude)
        let middle = ((latitudes.min() ?? 0) + (latitudes.max() ?? 0)) / 2
        let ratio = max(0.2, cos(middle * .pi / 180))
        return zip(switches, known).map { node, place in
            NetworkMap.Place(name: topology[node].id.text, x: place.longitude * ratio, y: -place.latitude)
        }
    }

    private static func circle(_ switches: [NodeIndex], _ topology: Topology) -> [NetworkMap.Place] {
        switches.enumerated().map { position, node in
            let angle = 2 * Double.pi * Double(position) / Double(max(1, switches.count))
            return NetworkMap.Place(name: topology[node].id.text, x: 1.5 * sin(angle), y: -cos(angle))
        }
    }
}
