// How records become bytes, or JSON, and back. Each kind of record is described once, field by field and in order, for
// both: bytes leave the names out, JSON keeps them, so that `sluice store export` shows all there is.

/// Takes fields in a fixed order.
protocol RecordSink {
    mutating func integer(_ name: String, _ value: Int)
    mutating func unsigned(_ name: String, _ value: UInt64)
    mutating func wide(_ name: String, _ value: UInt128)
    mutating func real(_ name: String, _ value: Double)
    mutating func flag(_ name: String, _ value: Bool)
    mutating func text(_ name: String, _ value: String)
    /// Whether an optional field follows, which then comes under the same name.
    mutating func presence(_ name: String, _ isPresent: Bool)
    mutating func begin(_ name: String)
    mutating func end()
    mutating func beginList(_ name: String, count: Int)
    mutating func endList()
}

/// Gives the fields back in the same order.
protocol RecordSource {
    mutating func integer(_ name: String) throws(RecordFault) -> Int
    mutating func unsigned(_ name: String) throws(RecordFault) -> UInt64
    mutating func wide(_ name: String) throws(RecordFault) -> UInt128
    mutating func real(_ name: String) throws(RecordFault) -> Double
    mutating func flag(_ name: String) throws(RecordFault) -> Bool
    mutating func text(_ name: String) throws(RecordFault) -> String
    mutating func presence(_ name: String) throws(RecordFault) -> Bool
    mutating func begin(_ name: String) throws(RecordFault)
    mutating func end() throws(RecordFault)
    /// The number of elements.
    mutating func beginList(_ name: String) throws(RecordFault) -> Int
    mutating func endList() throws(RecordFault)
}

/// Why bytes are no record.
package enum RecordFault: Error, Hashable, Sendable {
    case truncated
    /// Bytes are left over.
    case excess
    case missing(field: String)
    /// A value that the field cannot have.
    case invalid(field: String)

    package var text: String {
        switch self {
        case .truncated: "it ends too early"
        case .excess: "it goes on after its end"
        case .missing(let field): "\(field) is missing"
        case .invalid(let field): "\(field) is out of range"
        }
    }
}

/// The name of the elements of a list, which have none.
let element = ""

extension RecordSink {
    mutating func optional<Value>(_ name: String, _ value: Value?, _ write: (inout Self, Value) -> Void) {
        presence(name, value != nil)
        if let value { write(&self, value) }
    }

    mutating func list<Values: Collection>(
        _ name: String, _ values: Values, _ write: (inout Self, Values.Element) -> Void
    ) {
        beginList(name, count: values.count)
        for value in values { write(&self, value) }
        endList()
    }

    mutating func group(_ name: String, _ write: (inout Self) -> Void) {
        begin(name)
        write(&self)
        end()
    }

    mutating func texts(_ name: String, _ values: [String]) { list(name, values) { $0.text(element, $1) } }
}

extension RecordSource {
    mutating func optional<Value>(
        _ name: String, _ read: (inout Self) throws(RecordFault) -> Value
    ) throws(RecordFault) -> Value? {
        try presence(name) ? try read(&self) : nil
    }

    mutating func list<Value>(
        _ name: String, _ read: (inout Self) throws(RecordFault) -> Value
    ) throws(RecordFault) -> [Value] {
        let count = try beginList(name)
        var values: [Value] = []
        // A count is checked against what is left, but an element may be large in memory.
        values.reserveCapacity(min(count, 64))
        for _ in 0..<count { values.append(try read(&self)) }
        try endList()
        return values
    }

    mutating func group<Value>(
        _ name: String, _ read: (inout Self) throws(RecordFault) -> Value
    ) throws(RecordFault) -> Value {
        try begin(name)
        let value = try read(&self)
        try end()
        return value
    }

    mutating func texts(_ name: String) throws(RecordFault) -> [String] {
        try list(name) { source throws(RecordFault) in try source.text(element) }
    }

    /// A whole number within `range`.
    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(RecordFault) -> Int {
        let value = try integer(name)
        guard range.contains(value) else { throw .invalid(field: name) }
        return value
    }

    /// A named case.
    mutating func named<Value: RawRepresentable>(
        _ name: String, _ type: Value.Type = Value.self
    ) throws(RecordFault) -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: try text(name)) else { throw .invalid(field: name) }
        return value
    }
}
