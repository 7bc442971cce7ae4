// Regular networks: data-centre fabrics, rings, grids and dragonflies.

import SluiceModel

enum Fabrics {
    static func fatTree(k: Int, into builder: inout GraphBuilder) throws(InvalidGeneration) {
        guard (2...48).contains(k), k.isMultiple(of: 2) else {
            throw InvalidGeneration(parameter: "k", wanted: "an even number from 2 to 48")
        }
        let half = k / 2
        for core in 0..<half * half { builder.addSwitch("core\(core)") }
        for pod in 0..<k {
            let first = builder.switches.count
            for index in 0..<half { builder.addSwitch("agg\(pod)-\(index)") }
            for index in 0..<half { builder.addSwitch("edge\(pod)-\(index)") }
            for aggregation in 0..<half {
                // Aggregation switch i of every pod joins the i-th block of core switches.
                for core in 0..<half { builder.join(aggregation * half + core, first + aggregation) }
                for edge in 0..<half { builder.join(first + aggregation, first + half + edge) }
            }
            for edge in 0..<half { builder.addHosts(half, to: first + half + edge) }
        }
    }

    static func leafSpine(leaves: Int, spines: Int, into builder: inout GraphBuilder) throws(InvalidGeneration) {
        guard (1...1_000).contains(leaves) else {
            throw InvalidGeneration(parameter: "leaves", wanted: "a whole number from 1 to 1000")
        }
        guard (1...100).contains(spines) else {
            throw InvalidGeneration(parameter: "spines", wanted: "a whole number from 1 to 100")
        }
        for spine in 0..<spines { builder.addSwitch("spine\(spine)") }
        for leaf in 0..<leaves {
            builder.addSwitch("leaf\(leaf)")
            for spine in 0..<spines { builder.join(spine, spines + leaf) }
        }
        for leaf in 0..<leaves { builder.addHosts(builder.options.hostsPerSwitch, to: spines + leaf) }
    }

    static func ring(switches: Int, into builder: inout GraphBuilder) throws(InvalidGeneration) {
        guard (3...20_000).contains(switches) else {
            throw InvalidGeneration(parameter: "nodes", wanted: "a whole number from 3 to 20000")
        }
        for position in 0..<switches { builder.addSwitch("s\(position)") }
        for position in 0..<switches { builder.join(position, (position + 1) % switches) }
        builder.addHostsEverywhere()
    }

    static func grid(rows: Int, columns: Int, into builder: inout GraphBuilder) throws(InvalidGeneration) {
        guard (1...500).contains(rows) else {
            throw InvalidGeneration(parameter: "rows", wanted: "a whole number from 1 to 500")
        }
        guard (1...500).contains(columns), rows * columns <= 20_000 else {
            throw InvalidGeneration(parameter: "columns", wanted: "1 to 500, and at most 20000 switches in all")
        }
        for row in 0..<rows {
            for column in 0..<columns { builder.addSwitch("s\(row)-\(column)") }
        }
        for row in 0..<rows {
            for column in 0..<columns {
                let position = row * columns + column
                if column + 1 < columns { builder.join(position, position + 1) }
                if row + 1 < rows { builder.join(position, position + columns) }
            }
        }
        builder.addHostsEverywhere()
    }

    static func dragonfly(routers: Int, globalLinks: Int, into builder: inout GraphBuilder) throws(InvalidGeneration) {
        guard (1...32).contains(routers) else {
            throw InvalidGeneration(parameter: "routers", wanted: "a whole number from 1 to 32")
        }
        guard (1...16).contains(globalLinks) else {
            throw InvalidGeneration(parameter: "global-links", wanted: "a whole number from 1 to 16")
        }
        let groups = routers * globalLinks + 1
        for group in 0..<groups {
            for router in 0..<routers { builder.addSwitch("g\(group)-r\(router)") }
        }
        for group in 0..<groups {
            for a in 0..<routers {
                for b in a + 1..<routers { builder.join(group * routers + a, group * routers + b) }
            }
        }
        // Global port p of group g leads to group g + p + 1; the other end is the port that leads back.
        for group in 0..<groups {
            for other in group + 1..<groups {
                let port = other - group - 1
                let back = groups - (other - group) - 1
                builder.join(group * routers + port / globalLinks, other * routers + back / globalLinks)
            }
        }
        builder.addHostsEverywhere()
    }
}
