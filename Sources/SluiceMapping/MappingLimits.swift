// Every maximum of the mapping; where it is checked, reaching it has a defined answer.

package enum MappingLimits {
    /// Names that a wrong one is compared with; a larger network gets no "did you mean".
    package static let namesCompared = 2_000
    /// Refused flows of one batch that get a "did you mean".
    package static let suggestionsInBatch = 16
}
