// The method table and what is made of it.

import SluiceJSON
import SluiceProtocol
import Testing

@Suite struct MethodTests {
    private func discovered() throws -> JSONNode {
        var writer = JSONWriter()
        Discovery.write(to: &writer)
        return try JSONNode(parsing: writer.bytes)
    }

    @Test func `rpc discover lists exactly the methods that decoding knows, with exactly their params`() throws {
        let methods = try #require(try discovered()["methods"]?.array)
        #expect(methods.compactMap { $0["name"]?.string } == Method.allCases.map(\.rawValue))
        for (node, method) in zip(methods, Method.allCases) {
            let params = try #require(node["params"]?.array)
            #expect(params.compactMap { $0["name"]?.string } == method.description.params.map(\.name))
            #expect(params.compactMap { $0["required"]?.bool } == method.description.params.map(\.isRequired))
            #expect(node["summary"]?.string == method.description.summary + ".")
            #expect(node["result"]?["schema"]?["type"]?.string == "object")
        }
    }

    @Test func `names are sorted, so that people find them`() {
        // Spelled out: rpc.discover stands under r.
        #expect(Method.allCases.map(\.rawValue) == Method.allCases.map(\.rawValue).sorted())
    }

    @Test func `error codes are distinct, and their numbers are in the ranges of JSON-RPC`() {
        #expect(Set(ErrorCode.allCases.map(\.rawValue)).count == ErrorCode.allCases.count)
        for code in ErrorCode.allCases {
            #expect((-32_768 ... -32_600).contains(code.number) || (-32_099 ... -32_000).contains(code.number))
        }
    }
}
