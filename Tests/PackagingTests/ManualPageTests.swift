// The manual pages: well formed, and not behind the programs. What the programs and documents say of themselves is looked
// up in the pages: subcommands and options in --experimental-dump-help, methods in the protocol's own table, policy keys
// in the default policy, members of topologies in those that we ship.

import Glibc
import SluiceJSON
import SluiceProtocol
import Testing

@Suite struct ManualPageTests {
    private static let haveMandoc = access("/usr/bin/mandoc", X_OK) == 0
    private static let pages = [
        "sluice.1", "sluiced.8", "sluice-policy.5", "sluice-topology.5", "sluice-protocol.7",
    ]

    private static func page(_ name: String) throws -> ManualPage {
        ManualPage(try Checkout.text("docs/man/\(name)"))
    }

    @Test(.enabled(if: haveMandoc, "needs mandoc"), arguments: pages)
    func `mandoc has no warning`(page: String) throws {
        let output = try Checkout.shell("mandoc -T lint -W warning '\(Checkout.root)/docs/man/\(page)'").output
        // That a page is newer than the machine's clock is no fault of the page.
        let warnings = output.split(separator: "\n").filter { !$0.contains("date in the future") }
        #expect(warnings.isEmpty)
    }

    @Test(.enabled(if: haveMandoc, "needs mandoc"))
    func `a warning of mandoc would be noticed`() throws {
        let page = ".Dd January 1, 2026\n.Dt BAD 1\n.Os\n.Sh NAME\n.Nm bad\n.Nd bad\n.Bl -tag\n"
        #expect(try Checkout.shell("printf '\(page)' | mandoc -T lint -W warning").output.contains("WARNING"))
    }

    @Test func `no page is left unchecked and uninstalled`() throws {
        let files = try Checkout.shell("ls '\(Checkout.root)/docs/man'").output.split(separator: "\n").map(String.init)
        #expect(files.sorted() == Self.pages.sorted())
    }

    @Test func `sluice(1) has every subcommand with each of its options`() throws {
        let page = try Self.page("sluice.1")
        let command = try Self.command("sluice")
        let subcommands = command["subcommands"]?.array ?? []
        #expect(subcommands.count > 10)
        for subcommand in subcommands where subcommand["commandName"]?.string != "help" {
            Self.expect(subcommand, in: page, under: "")
        }
    }

    @Test func `sluiced(8) has every option`() throws {
        let page = try Self.page("sluiced.8")
        let names = Self.optionNames(of: try Self.command("sluiced"))
        #expect(names.contains("topology"))
        for name in names { #expect(page.uses("Fl", "-\(name)"), "sluiced.8 lacks --\(name)") }
    }

    @Test(arguments: Method.allCases)
    func `sluice-protocol(7) has every method with its access and its params`(method: Method) throws {
        let page = try Self.page("sluice-protocol.7")
        let section = try #require(page.section(method.rawValue), "sluice-protocol.7 lacks .Ss \(method.rawValue)")
        #expect(section.contains("Access: \(method.description.access.rawValue)."))
        let isOfFlow = [.flowSubmit, .flowUpdate].contains(method)
        let lines = section + (isOfFlow ? page.section("Members of a flow") ?? [] : [])
        for member in method.description.params {
            #expect(ManualPage.uses(lines, "Va", member.name), "\(method.rawValue) lacks \(member.name)")
        }
    }

    @Test func `sluice-protocol(7) has every error, rejection and kind of event`() throws {
        let page = try Self.page("sluice-protocol.7")
        let document = try Checkout.text("docs/protocol.md")
        // Rows as | -32000 | `access.denied` | ... |, which the daemon's own tests hold against the code.
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| -32") }.map { row in
            row.split(separator: "|").prefix(2).map { $0.filter { $0 != " " && $0 != "`" } }
        }
        #expect(rows.count >= ErrorCode.allCases.count)
        let codes = page.section("ERROR CODES") ?? []
        for row in rows {
            #expect(codes.contains { $0.hasPrefix(".It \\\(row[0]) Ta Cm \(row[1]) Ta ") }, "the page lacks \(row)")
        }
        for code in ErrorCode.allCases {
            #expect(ManualPage.uses(codes, "Cm", code.rawValue), "lacks \(code.rawValue)")
        }
        for kind in Shapes.eventKinds { #expect(page.uses("Cm", kind), "lacks \(kind)") }
    }

    @Test func `sluice-policy(5) has every key with its default`() throws {
        let page = try Self.page("sluice-policy.5")
        var parent = ""
        var count = 0
        for line in try Checkout.text("policies/default.yaml").split(separator: "\n") where !line.hasPrefix("#") {
            let text = line.drop { $0 == " " || $0 == "-" }
            guard let colon = text.firstIndex(of: ":"), !text.hasPrefix("#") else { continue }
            let key = String(text[..<colon])
            let value = text[text.index(after: colon)...].drop { $0 == " " }
            if line.first != " " { parent = key }
            // What a class has by default stands in words: the file's classes have names and priorities of their own.
            let hasDefault = parent != "classes" && !value.isEmpty
            if hasDefault {
                #expect(page.lines.contains(".It Va \(key) : No \(value)"), "sluice-policy.5 lacks \(key): \(value)")
            } else {
                #expect(page.uses("Va", key) || page.section(key) != nil, "sluice-policy.5 lacks \(key)")
            }
            count += 1
        }
        #expect(count > 30)
    }

    @Test(arguments: ["abilene", "campus", "fat-tree-k4", "geant", "leaf-spine", "usa50"])
    func `sluice-topology(5) has every member of the topologies that are shipped`(name: String) throws {
        let page = try Self.page("sluice-topology.5")
        let root = try JSONNode(parsing: Array(try Checkout.text("topologies/\(name).json").utf8))
        let names = Self.memberNames(of: root)
        #expect(names.isSuperset(of: ["switches", "links", "capacity"]))
        for name in names { #expect(page.uses("Va", name), "sluice-topology.5 lacks \(name)") }
    }

    @Test func `a page without a subcommand would be noticed`() throws {
        let text = try Checkout.text("docs/man/sluice.1")
        let without = ManualPage(text.split(separator: "\n").filter { $0 != ".Ss submit" }.joined(separator: "\n"))
        let submit = try #require(
            try Self.command("sluice")["subcommands"]?.array?.first { $0["commandName"]?.string == "submit" })
        #expect(Self.missing(submit, in: without, under: "") == ["submit"])
        #expect(Self.missing(submit, in: ManualPage(text), under: "").isEmpty)
    }

    // MARK: What the programs say of themselves

    private static func command(_ program: String) throws -> JSONNode {
        let text = try Checkout.output(of: program, "--experimental-dump-help")
        return try #require(try JSONNode(parsing: Array(text.utf8))["command"])
    }

    private static func optionNames(of command: JSONNode) -> [String] {
        (command["arguments"]?.array ?? []).flatMap { argument in
            (argument["names"]?.array ?? []).compactMap { $0["kind"]?.string == "long" ? $0["name"]?.string : nil }
        }
    }

    private static func expect(_ command: JSONNode, in page: ManualPage, under parent: String) {
        let missing = missing(command, in: page, under: parent)
        #expect(missing.isEmpty, "sluice.1 lacks \(missing)")
    }

    /// What `page` does not have of `command` and the commands below it. A command has a subsection with its words as the
    /// title, or is a Cm in the subsection of the one above.
    private static func missing(_ command: JSONNode, in page: ManualPage, under parent: String) -> [String] {
        let name = command["commandName"]?.string ?? ""
        let path = parent.isEmpty ? name : "\(parent) \(name)"
        let subcommands = command["subcommands"]?.array ?? []
        let own = page.section(path)
        if own == nil, !subcommands.isEmpty {
            return subcommands.flatMap { missing($0, in: page, under: path) }
        }
        guard let section = own ?? page.section(parent).flatMap({ ManualPage.uses($0, "Cm", name) ? $0 : nil }) else {
            return [path]
        }
        let lines = section + (page.section("COMMON OPTIONS") ?? [])
        return optionNames(of: command).filter { !ManualPage.uses(lines, "Fl", "-\($0)") }.map { "\(path) --\($0)" }
            + subcommands.flatMap { missing($0, in: page, under: path) }
    }

    private static func memberNames(of node: JSONNode) -> Set<String> {
        var names: Set<String> = []
        for member in node.object ?? [] { names.formUnion(memberNames(of: member.node).union([member.name])) }
        for element in node.array ?? [] { names.formUnion(memberNames(of: element)) }
        return names
    }
}
