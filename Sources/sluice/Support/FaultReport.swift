// What `validate` says: every fault, for people on standard error, for machines as one JSON document.

import ArgumentParser
import SluiceDocuments
import SluiceJSON

enum FaultReport {
    /// Prints the faults and ends the command: the answer is no, or the file could not be read.
    static func fail(_ document: InvalidDocument, json: Bool) throws -> Never {
        if json { StandardOutput.write(self.json(faults: document.faults, warnings: [])) }
        if !json || document.isUnreadable { DocumentInput.report(document) }
        throw ExitCode((document.isUnreadable ? ExitStatus.input : .refused).rawValue)
    }

    static func json(faults: [DocumentFault], warnings: [String]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("valid")
        writer.bool(faults.isEmpty)
        writer.name("faults")
        writer.beginArray()
        for fault in faults {
            let (problem, remedy) = fault.problem.text
            writer.beginObject()
            if let position = fault.position {
                writer.name("line")
                writer.integer(position.line)
                writer.name("column")
                writer.integer(position.column)
            }
            for (name, text) in [("field", fault.field), ("problem", problem), ("remedy", remedy)] {
                writer.name(name)
                writer.string(text)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.name("warnings")
        writer.beginArray()
        for warning in warnings { writer.string(warning) }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [0x0a]
    }
}
