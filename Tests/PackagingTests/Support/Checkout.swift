// The files and programs of this checkout, and the shell's word on them.

import Glibc
import Testing

struct CheckoutFailure: Error, CustomStringConvertible {
    let description: String
}

enum Checkout {
    /// The folder that holds Package.swift.
    static let root = "/" + "\(#filePath)".split(separator: "/").dropLast(4).joined(separator: "/")

    /// The text of the file at `path`, counted from the root.
    static func text(_ path: String) throws -> String {
        guard let file = fopen("\(root)/\(path)", "r") else { throw CheckoutFailure(description: "no file \(path)") }
        defer { fclose(file) }
        return String(decoding: bytes(of: file), as: UTF8.self)
    }

    /// The folder where `swift build` has put this package's programs: beside the tests.
    static func programs() throws -> String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let tests = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = tests.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        guard access("\(folder)/sluiced", X_OK) == 0 else {
            throw CheckoutFailure(description: "no programs in \(folder)")
        }
        return folder
    }

    /// What one of this package's programs prints.
    static func output(of program: String, _ arguments: String) throws -> String {
        let (status, output) = try shell("'\(try programs())/\(program)' \(arguments)")
        guard status == 0 else { throw CheckoutFailure(description: "\(program) \(arguments): \(output)") }
        return output
    }

    /// Runs a shell command; standard output and standard error together.
    static func shell(_ command: String) throws -> (status: Int32, output: String) {
        let pipe = try #require(popen("{ \(command); } 2>&1", "r"))
        let output = String(decoding: bytes(of: pipe), as: UTF8.self)
        let status = pclose(pipe)
        return (status >> 8 & 0xff, output)
    }

    private static func bytes(of file: UnsafeMutablePointer<FILE>) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }
}
