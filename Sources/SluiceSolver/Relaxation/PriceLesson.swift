// What the bound side has learned, as the search takes it up: prices, the paths that came with them, and the relaxation's
// solution made whole.

package struct PriceLesson: Sendable {
    package var prices: [Double]
    /// Counts the lessons of one bound engine.
    package var revision: Int
    package var pool: ColumnPool
    /// nil before the relaxation has a solution of its own.
    package var rounding: Placement?
    /// No better prices will come.
    package var isFinal: Bool
}
