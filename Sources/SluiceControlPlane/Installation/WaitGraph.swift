// Who waits for whose room: carriers wait for links, links for the carriers that occupy them. Where carriers wait in a
// circle, none can begin, and one of the circle has to be taken off its old path; taking anyone else off would be in vain.
// Circles are the strongly connected components with two carriers or more (Tarjan, SIAM J. Comput. 1, 1972).

import SluiceModel

struct WaitGraph {
    /// Carriers first, then links.
    private var successors: [[Int]]
    private let carriers: [Carrier]

    init(
        _ installations: [FlowInstallation?], _ unstarted: Set<Carrier>, reservable: [Int], occupancy: [Int]
    ) {
        carriers = unstarted.sorted()
        successors = Array(repeating: [], count: carriers.count + reservable.count)
        for (place, carrier) in carriers.enumerated() {
            guard let installation = installations[Int(carrier)] else { continue }
            for held in installation.occupied { successors[carriers.count + held.link].append(place) }
            guard let target = installation.target else { continue }
            for link in target.links {
                let held = installation.occupied.first { $0.link == link.position }?.bandwidth ?? 0
                if target.bandwidth - held > reservable[link.position] - occupancy[link.position] {
                    successors[place].append(carriers.count + link.position)
                }
            }
        }
    }

    /// Carriers that are part of a circle.
    var circles: Set<Carrier> {
        var found: Set<Carrier> = []
        var index = [Int](repeating: -1, count: successors.count)
        var low = index
        var isOnStack = [Bool](repeating: false, count: successors.count)
        var stack: [Int] = []
        var next = 0
        for root in carriers.indices where index[root] < 0 {
            // Iterative: a node, and which of its successors to look at next.
            var work: [(node: Int, edge: Int)] = [(root, 0)]
            while let (node, edge) = work.last {
                if edge == 0 {
                    index[node] = next
                    low[node] = next
                    next += 1
                    stack.append(node)
                    isOnStack[node] = true
                }
                if edge < successors[node].count {
                    work[work.count - 1].edge += 1
                    let successor = successors[node][edge]
                    if index[successor] < 0 {
                        work.append((successor, 0))
                    } else if isOnStack[successor] {
                        low[node] = min(low[node], index[successor])
                    }
                    continue
                }
                work.removeLast()
                if let parent = work.last?.node { low[parent] = min(low[parent], low[node]) }
                guard low[node] == index[node] else { continue }
                var members: [Int] = []
                while let member = stack.popLast() {
                    isOnStack[member] = false
                    members.append(member)
                    if member == node { break }
                }
                let circle = members.filter { $0 < carriers.count }
                if circle.count > 1 { found.formUnion(circle.map { carriers[$0] }) }
            }
        }
        return found
    }
}
