// What reading the documents again has brought.

package import SluiceModel

package enum Reload: Sendable {
    package struct Documents: Sendable {
        /// nil: the daemon runs without a policy file.
        package let policy: Policy?
        /// The topology file differs from the one that was read at the start.
        package let topologyHasChanged: Bool

        package init(policy: Policy?, topologyHasChanged: Bool) {
            self.policy = policy
            self.topologyHasChanged = topologyHasChanged
        }
    }

    case documents(Documents)
    /// Every fault of every file, a line each.
    case faults([String])
}
