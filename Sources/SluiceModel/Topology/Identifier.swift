// Names and dense indices. A name is what people and documents use; an index is what the core computes with.

/// A name that cannot be mixed up with the name of another kind of thing.
package struct Identifier<Subject>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A position in one of the topology's dense arrays.
package struct Index<Subject>: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let raw: Int32

    @inlinable package init(_ raw: Int) { self.raw = Int32(raw) }

    @inlinable package var position: Int { Int(raw) }
    package var description: String { "#\(raw)" }
    @inlinable package static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }
}

/// Names of switches and hosts; they share one name space, since a flow may end at either.
package typealias NodeID = Identifier<Node>
/// Names of directed links: `ID` as the document gives it for a directed link, `ID>` and `ID<` for the two directions
/// of a full-duplex one, `access:HOST>` and `access:HOST<` for a host's access link (from the host, to the host).
package typealias LinkID = Identifier<Link>
package typealias FlowID = Identifier<Flow>
package typealias NodeIndex = Index<Node>
package typealias LinkIndex = Index<Link>
