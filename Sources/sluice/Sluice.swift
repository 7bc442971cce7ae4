// The one command people learn: talks to the daemon, and works offline on documents and captures.

import ArgumentParser
import SluiceModel

@main
struct Sluice: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice", abstract: "Decides which flows a network carries, and on which paths.")
}
