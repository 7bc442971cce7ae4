// A demand as the file gives it, names not yet looked up: what every reader of demands produces, whether or not the
// topology is known at the time.

import SluiceModel

struct DemandEntry {
    /// What a demand requires of its path, by name.
    struct Constraints {
        var maxLatency: Latency?
        var maxHops: Int?
        var avoid: [String] = []
        var via: [String] = []
        var includeAny: [String] = []
        var includeAll: [String] = []
        var exclude: [String] = []
    }

    /// A node by its name, or by its line in a Repetita graph.
    enum End: Hashable {
        case name(String)
        case position(Int)

        var text: String {
            switch self {
            case .name(let name): name
            case .position(let position): "\(position)"
            }
        }
    }

    /// nil: `d` and the position in the file.
    var id: String?
    var source: End
    var destination: End
    var bandwidth: Bandwidth
    var importance: DemandRecord.Importance = .unstated
    var constraints: Constraints?
    var place: Place
    /// Names of the members that give the ends, for faults.
    var endNames: (source: String, destination: String) = ("source", "destination")
}
