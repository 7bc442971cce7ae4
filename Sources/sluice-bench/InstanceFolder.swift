// A folder of PFAR instances with the values that others reached, and the clocks to measure by.

import ArgumentParser
import SluiceDocuments
import SluiceJSON
import SluiceModel
import SluiceSolver

private import Glibc

struct Instance {
    let name: String
    let problem: AdmissionProblem
    let bestKnown: Int?
    let upperBound: Int?
    /// Per cent of the flows that a plain greedy admits.
    let load: Int?
    /// What HiGHS reached on the model of eight paths a flow in 60 s, as recorded.
    var highs: Int?
}

struct InstanceFolder {
    private let path: String
    private let reference: JSONNode?

    init(_ path: String) throws {
        self.path = path
        do throws(InvalidDocument) {
            let file = try DocumentFile(reading: path + "/reference.json")
            // A folder whose reference is no JSON is measured without one.
            reference = try? JSONNode(parsing: file.bytes)
        } catch {
            reference = nil
        }
    }

    func instances(containing part: String, flowsMost: Int) throws -> [Instance] {
        guard let folder = opendir(path) else { throw ValidationError("\(path) is not a folder") }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".json"), name != "reference.json", part.isEmpty || name.contains(part) {
                names.append(String(name.dropLast(5)))
            }
        }
        return try names.sorted().compactMap { name in
            let instance = try read(name)
            return instance.problem.demands.count <= flowsMost ? instance : nil
        }
    }

    private func read(_ name: String) throws -> Instance {
        let network = try Document.readNetwork(DocumentFile(reading: "\(path)/\(name).json"))
        let demands = network.demands.map { record in
            AdmissionDemand(
                id: record.id, source: record.source, destination: record.destination, bandwidth: record.bandwidth,
                priority: record.priority ?? FlowPriority(1), constraints: record.constraints)
        }
        let values = reference?[name]
        return Instance(
            name: name, problem: AdmissionProblem(topology: network.topology, demands: demands),
            bestKnown: values?["bestKnown"]?.integer, upperBound: values?["upperBound"]?.integer,
            load: values?["load"]?.integer, highs: values?["highs_k8_60s"]?["value"]?.integer)
    }
}

enum Clock {
    static func monotonic() -> Double { read(CLOCK_MONOTONIC) }
    /// CPU seconds of the calling thread.
    static func thread() -> Double { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var now = timespec()
        clock_gettime(clock, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }
}
