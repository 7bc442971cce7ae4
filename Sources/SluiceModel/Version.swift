// The version that the programs print and the control socket reports; Semantic Versioning.

package enum SluiceVersion {
    package static let text = "0.1.0"
}
