// The words of the wire's schemas against the control plane's own, so that neither can change alone.

import SluiceControlPlane
import SluiceDaemon
import SluiceModel
import SluiceProtocol
import Testing

@Suite struct MappingTests {
    @Test func `the words that schemas allow are those that the control plane knows`() {
        #expect(Set(Shapes.flowStates) == Set(FlowState.allCases.map(\.rawValue)))
        #expect(Set(Shapes.linkStates) == Set(LinkState.allCases.map(\.rawValue)))
        #expect(Set(Shapes.protections) == Set(Protection.allCases.map(\.rawValue)))
        #expect(Set(Shapes.solverMethods) == Set(AdmissionPolicy.Method.allCases.map(\.rawValue)))
        #expect(Set(Shapes.eventKinds) == Set(Occurrence.Kind.allCases.map(\.rawValue)))
    }

    @Test func `pages and batches of the wire are those of the control plane`() {
        #expect(Shapes.pageLimit == ControlLimits.listPage)
        #expect(Shapes.batchLimit == ControlLimits.batch)
        #expect(Shapes.waypointLimit == ControlLimits.waypoints)
    }
}

@Suite struct PermissionsTests {
    private let rules = [
        AccessRule(subject: .user(1_001), role: .observer), AccessRule(subject: .group(2_000), role: .agent),
        AccessRule(subject: .user(1_002), role: .operator),
    ]

    private func role(user: UInt32, groups: [UInt32] = [], rules: [AccessRule]) -> AccessRule.Role? {
        let client = ClientCredentials(processID: 1, user: user, group: groups.first ?? user)
        return Permissions(of: client, under: rules, daemonUser: 990, groups: groups).role
    }

    @Test func `without rules everyone who can connect is an operator`() {
        #expect(role(user: 1_234, rules: []) == .operator)
    }

    @Test func `root and the daemon's own user are operators whatever the rules say`() {
        #expect(role(user: 0, rules: rules) == .operator)
        #expect(role(user: 990, rules: rules) == .operator)
    }

    @Test func `the first rule that names the user or a group decides`() {
        #expect(role(user: 1_001, groups: [2_000], rules: rules) == .observer)
        #expect(role(user: 1_002, groups: [2_000], rules: rules) == .agent)
        #expect(role(user: 1_002, groups: [3_000], rules: rules) == .operator)
        #expect(role(user: 1_003, groups: [7, 2_000], rules: rules) == .agent)
        #expect(role(user: 1_003, groups: [7], rules: rules) == nil)
    }

    @Test(arguments: [
        (nil, [false, false, false]), (AccessRule.Role.observer, [true, false, false]),
        (AccessRule.Role.agent, [true, true, false]), (AccessRule.Role.operator, [true, true, true]),
    ])
    func `each role may do its part`(role: AccessRule.Role?, allowed: [Bool]) {
        let rules =
            role.map { [AccessRule(subject: .user(5), role: $0)] } ?? [AccessRule(subject: .user(6), role: .agent)]
        let client = ClientCredentials(processID: 1, user: 5, group: 5)
        let permissions = Permissions(of: client, under: rules, daemonUser: 990, groups: [])
        #expect([MethodAccess.read, .agent, .change].map(permissions.allow) == allowed)
    }

    @Test func `groups are not asked for where a rule that names the user comes first`() {
        func isDecided(_ user: UInt32) -> Bool {
            let client = ClientCredentials(processID: 1, user: user, group: user)
            return Permissions.byUser(of: client, under: rules, daemonUser: 990) != nil
        }
        #expect(isDecided(0))
        #expect(isDecided(990))
        #expect(isDecided(1_001))
        #expect(!isDecided(1_002))
        #expect(!isDecided(1_234))
    }

    @Test func `the groups of root are known to the system`() {
        #expect(ClientCredentials.groups(of: 0, primary: 0).contains(0))
    }

    @Test func `a user that the system does not know has its primary group`() {
        #expect(ClientCredentials.groups(of: 4_000_000_000, primary: 77) == [77])
    }
}
