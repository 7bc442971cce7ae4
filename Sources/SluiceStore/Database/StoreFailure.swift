// Why a store cannot be used, with the file and what the operator can do.

package enum StoreFailure: Error, Hashable, Sendable {
    /// The folder or a file in it cannot be opened.
    case inaccessible(file: String, reason: String)
    /// Another process has it; its id where that is known.
    case inUse(file: String, process: Int32?)
    /// A later Sluice has written it.
    case newer(file: String, schema: Int, known: Int)
    /// It is a database of something else.
    case foreign(file: String)
    case damaged(file: String, fault: String)
    /// The file system has no room left, the store's own reserve included.
    case full(file: String)
    /// Reading, writing or syncing failed.
    case inputOutput(file: String, reason: String)

    /// Whether the file is at fault; else what is around it.
    package var isOfTheFile: Bool {
        switch self {
        case .inaccessible, .newer, .foreign, .damaged: true
        case .inUse, .full, .inputOutput: false
        }
    }

    package var text: String {
        switch self {
        case .inaccessible(let file, let reason): "\(file) cannot be opened: \(reason)"
        case .inUse(let file, let process):
            "\(file) is in use\(process.map { " by process \($0)" } ?? ""); stop that one first"
        case .newer(let file, let schema, let known):
            "\(file) was written by a later Sluice (schema \(schema), this one knows \(known)); start that version "
                + "again, or move the file away to begin without flows"
        case .foreign(let file): "\(file) is a database, but not a store of Sluice; name another folder"
        case .damaged(let file, let fault):
            "\(file) is damaged: \(fault); see what is left with \"sluice store check\" and \"sluice store export\", "
                + "or move the file away to begin without flows"
        case .full(let file): "\(file): the file system is full; make room"
        case .inputOutput(let file, let reason): "\(file): \(reason)"
        }
    }
}
