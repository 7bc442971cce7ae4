// What a store holds, as a control plane.

package import SluiceControlPlane
package import SluiceModel

package struct StoredState: Sendable {
    package let plane: ControlPlane
    /// The records are those of another topology.
    package let topologyHasChanged: Bool
    /// Flows that are over because the topology has not what they name.
    package let lost: [FlowID]
    /// Number of flows that the topology has left without a path.
    package let displaced: Int

    /// Restores from `store`; a store in which nothing was ever committed gives an empty control plane. Changes are
    /// noted from then on.
    package init(from store: SluiceStore, topology: Topology, policy: Policy, seed: UInt64) throws(StoreFailure) {
        if store.isEmpty {
            var plane = ControlPlane(topology: topology, policy: policy, seed: seed)
            plane.startRecording()
            self.plane = plane
            (topologyHasChanged, lost, displaced) = (false, [], 0)
            return
        }
        var restoration = PlaneRestoration(topology: topology, policy: policy, seed: seed)
        restoration.reserve(flows: try store.slotCount())
        do throws(SluiceStore.RecordsFailure<RestorationFailure>) {
            try store.records { key, record throws(RestorationFailure) in try restoration.add(key, record) }
        } catch {
            switch error {
            case .store(let failure): throw failure
            case .consumer(let failure): throw .damaged(file: store.file, fault: failure.text)
            }
        }
        do throws(RestorationFailure) {
            plane = try restoration.finish()
        } catch {
            throw .damaged(file: store.file, fault: error.text)
        }
        (topologyHasChanged, lost, displaced) = (
            restoration.topologyHasChanged, restoration.lost, restoration.unplaced.count
        )
    }
}
