// A topology with its links where LLDP frames have found them.

package import SluiceModel

extension LinkDiscovery {
    /// `topology` with each link's far end where it was found, and what that has changed; nil where everything that was
    /// found is as it says, or not enough was found.
    ///
    /// A link moves only once frames have been seen in each direction that it has, so that one stray frame changes
    /// nothing. A link whose port another one is found to use, and which is not found itself, is left out. Links between
    /// ports that the topology does not know are not made up: nobody has said what they can carry.
    package func adopted(into topology: Topology) -> (topology: Topology, moved: [String], gone: [String])? {
        var moved: [String] = []
        // Ports of links that have moved: of two links that one frame speaks of, the first of the document moves.
        var claimed: Set<PortPlace> = []
        var taken: Set<PortPlace> = []
        var cables: [(cable: Cable, isSeen: Bool)] = []
        for cable in topology.cables {
            guard let near = place(of: cable.a, in: topology), let far = place(of: cable.b, in: topology) else {
                cables.append((cable, true))
                continue
            }
            var changed = cable
            func move(_ kept: PortPlace, from written: PortPlace, isDirected: Bool) -> PortPlace? {
                guard let found = confirmed(from: kept, isDirected: isDirected), found != written,
                    !claimed.contains(kept), !claimed.contains(found)
                else { return nil }
                claimed.formUnion([kept, found])
                return found
            }
            if let found = move(near, from: far, isDirected: cable.isDirected) {
                changed.b = end(at: found, in: topology) ?? changed.b
            } else if !cable.isDirected, let found = move(far, from: near, isDirected: false) {
                changed.a = end(at: found, in: topology) ?? changed.a
            }
            let isSeen = changed != cable || found(from: near) == far || found(from: far) == near
            if changed != cable { moved.append(cable.id) }
            if isSeen {
                for end in [changed.a, changed.b] {
                    if let place = place(of: end, in: topology) { taken.insert(place) }
                }
            }
            cables.append((changed, isSeen))
        }
        guard !moved.isEmpty else { return nil }
        var gone: [String] = []
        let kept = cables.filter { entry in
            if entry.isSeen { return true }
            let isInTheWay = [entry.cable.a, entry.cable.b].contains { end in
                place(of: end, in: topology).map(taken.contains) ?? false
            }
            if isInTheWay { gone.append(entry.cable.id) }
            return !isInTheWay
        }
        do throws(InvalidTopology) {
            let adopted = try Topology(name: topology.name, nodes: topology.nodes, cables: kept.map(\.cable))
            return (adopted, moved, gone)
        } catch {
            // Two links were found at one port: somebody is plugging just now.
            return nil
        }
    }

    /// Where frames from `place` arrive, if those from there arrive here.
    private func confirmed(from place: PortPlace, isDirected: Bool) -> PortPlace? {
        guard let there = found(from: place), isDirected || found(from: there) == place else { return nil }
        return there
    }

    private func place(of end: Cable.End, in topology: Topology) -> PortPlace? {
        guard let index = topology.index(of: end.node), let datapath = topology.datapath(of: index),
            let port = end.port
        else { return nil }
        return PortPlace(datapath: datapath, port: port.raw)
    }

    private func end(at place: PortPlace, in topology: Topology) -> Cable.End? {
        topology.switches.first { topology.datapath(of: $0) == place.datapath }.map {
            Cable.End(node: topology[$0].id, port: PortNumber(place.port))
        }
    }
}
