// What the daemon is told on its command line, and the documents behind it.

package import SluiceDocuments
package import SluiceModel

package struct Configuration: Sendable {
    package var topologyFile: String
    /// nil: the standard policy.
    package var policyFile: String?
    package var socketPath: String
    /// UDP addresses and ports that telemetry reports come to; none: they are not listened for.
    package var telemetryAddresses: [String]
    /// Folder of the store; nil: everything is forgotten when the process ends.
    package var stateFolder: String?
    /// nil: nothing is audited.
    package var auditFile: String?
    /// Where metrics are served by HTTP; nil: nowhere.
    package var metricsAddress: LoopbackAddress?
    /// Where switches that speak OpenFlow are met.
    package var southbound = SouthboundService.Places()

    package init(
        topologyFile: String, policyFile: String?, socketPath: String, telemetryAddresses: [String] = []
    ) {
        self.topologyFile = topologyFile
        self.policyFile = policyFile
        self.socketPath = socketPath
        self.telemetryAddresses = telemetryAddresses
    }

    /// The documents as values, and what they made of their readers.
    package struct Documents: Sendable {
        package let topology: Topology
        package let policy: Policy
        /// As the file had them, to see later whether it has changed.
        package let topologyBytes: [UInt8]
        /// What was assumed or left out, a line each.
        package let warnings: [String]
    }

    /// Reads every document; throws all faults of all of them.
    package func documents() throws(InvalidConfiguration) -> Documents {
        var invalid: [InvalidDocument] = []
        var network: (ImportedNetwork, [UInt8])?
        var policy = Policy.standard
        do throws(InvalidDocument) {
            let file = try DocumentFile(reading: topologyFile)
            network = (try Document.readNetwork(file), file.bytes)
        } catch {
            invalid.append(error)
        }
        do throws(InvalidDocument) {
            if let read = try readPolicy() { policy = read }
        } catch {
            invalid.append(error)
        }
        guard invalid.isEmpty, let (imported, bytes) = network else { throw InvalidConfiguration(documents: invalid) }
        return Documents(
            topology: imported.topology, policy: policy, topologyBytes: bytes,
            warnings: imported.warnings.map { "\(topologyFile): \($0.text)" })
    }

    /// Reads the documents again: the policy to adopt it, the topology to see whether it has changed.
    package func reload(topologyBytes: [UInt8]) -> Reload {
        var faults: [String] = []
        var policy: Policy?
        var topologyHasChanged = false
        do throws(InvalidDocument) {
            let file = try DocumentFile(reading: topologyFile)
            topologyHasChanged = file.bytes != topologyBytes
            if topologyHasChanged { _ = try Document.readNetwork(file) }
        } catch {
            faults += error.lines
        }
        do throws(InvalidDocument) {
            policy = try readPolicy()
        } catch {
            faults += error.lines
        }
        guard faults.isEmpty else { return .faults(faults) }
        return .documents(Reload.Documents(policy: policy, topologyHasChanged: topologyHasChanged))
    }

    private func readPolicy() throws(InvalidDocument) -> Policy? {
        guard let policyFile else { return nil }
        return try PolicyReader.read(try DocumentFile(reading: policyFile))
    }
}

package struct InvalidConfiguration: Error {
    package let documents: [InvalidDocument]

    package var lines: [String] { documents.flatMap(\.lines) }
    package var isUnreadable: Bool { documents.contains(where: \.isUnreadable) }
}
