// swift-tools-version: 6.2
import PackageDescription

// Dependencies run one way: values, parts, decisions, edges, shells, programs.
// docs/architecture.md draws the same picture; the build enforces it with
// --explicit-target-dependency-import-check error.

// `make fuzz` builds with coverage instrumentation and libFuzzer; nothing else does.
let isFuzzing = Context.environment["SLUICE_FUZZ"] == "1"
let fuzzFlags = ["-sanitize=fuzzer,address"]

let swiftSettings: [SwiftSetting] =
    (isFuzzing ? [.unsafeFlags(fuzzFlags)] : []) + [
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    ]

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let fuzzTargets: [Target] =
    isFuzzing
    ? [
        .executableTarget(
            name: "sluice-fuzz",
            dependencies: [
                "SluiceCapture", "SluiceControlPlane", "SluiceDocuments", "SluiceJSON", "SluiceMapping", "SluiceModel",
                "SluiceOpenFlow", "SluiceProtocol", "SluiceStore", "SluiceTelemetry",
            ],
            swiftSettings: swiftSettings,
            linkerSettings: [.unsafeFlags(fuzzFlags + ["-use-ld=lld"])])
    ] : []

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "sluiced", targets: ["sluiced"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // Values.
        library("SluiceJSON"),
        library("SluiceModel"),

        // Parts.
        library("SluiceForwarding", ["SluiceModel"]),
        library("SluiceLearning", ["SluiceModel"]),
        library("SluiceSolver", ["SluiceModel"]),
        library("SluiceGLPK", ["SluiceSolver", "CSluiceGLPK"]),

        // Decisions.
        library("SluiceControlPlane", ["SluiceForwarding", "SluiceLearning", "SluiceModel", "SluiceSolver"]),

        // Edges.
        library("SluiceCapture", ["SluiceJSON", "SluiceModel", "CPcap"]),
        library("SluiceDocuments", ["SluiceJSON", "SluiceModel", yams]),
        library(
            "SluiceMapping",
            [
                "SluiceControlPlane", "SluiceDocuments", "SluiceForwarding", "SluiceJSON", "SluiceModel",
                "SluiceProtocol",
            ]),
        library("SluiceOpenFlow", ["SluiceForwarding", "SluiceModel"]),
        library("SluiceProtocol", ["SluiceJSON", "SluiceModel"]),
        library("SluiceStore", ["SluiceControlPlane", "SluiceForwarding", "SluiceJSON", "SluiceModel", grdb]),
        library("SluiceTelemetry", ["SluiceModel"]),

        // Shells.
        library(
            "SluiceDaemon",
            [
                "SluiceControlPlane", "SluiceDocuments", "SluiceForwarding", "SluiceGLPK", "SluiceJSON",
                "SluiceMapping", "SluiceModel", "SluiceOpenFlow", "SluiceProtocol", "SluiceSolver", "SluiceStore",
                "SluiceTelemetry", logging, nioCore, nioPosix, nioSSL, nioTLS,
            ]),
        library("SluiceReport"),
        library(
            "SluiceSimulation",
            [
                "SluiceCapture", "SluiceControlPlane", "SluiceForwarding", "SluiceJSON", "SluiceLearning",
                "SluiceMapping", "SluiceModel", "SluiceOpenFlow", "SluiceProtocol", "SluiceSolver", "SluiceStore",
            ]),

        // C libraries, each behind one module.
        .target(name: "CSluiceGLPK", dependencies: ["CGLPK"], linkerSettings: [.linkedLibrary("glpk")]),
        .systemLibrary(name: "CGLPK", providers: [.apt(["libglpk-dev"])]),
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),

        // Programs.
        program(
            "sluice",
            [
                "SluiceCapture", "SluiceControlPlane", "SluiceDocuments", "SluiceGLPK", "SluiceJSON", "SluiceModel",
                "SluiceProtocol", "SluiceReport", "SluiceSimulation", "SluiceSolver", "SluiceStore", argumentParser,
            ]),
        program(
            "sluice-bench",
            [
                "CPcap", "SluiceCapture", "SluiceControlPlane", "SluiceDaemon", "SluiceDocuments", "SluiceForwarding",
                "SluiceGLPK", "SluiceJSON", "SluiceLearning", "SluiceModel", "SluiceOpenFlow", "SluiceProtocol",
                "SluiceSimulation", "SluiceSolver", "SluiceTelemetry", argumentParser, nioCore, nioPosix,
            ]),
        program(
            "sluiced",
            [
                "SluiceControlPlane", "SluiceDaemon", "SluiceDocuments", "SluiceModel", argumentParser, logging,
            ]),

        // Tests, one folder a library.
        tests("SluiceCaptureTests", ["SluiceCapture", "SluiceJSON", "SluiceModel"]),
        tests("SluiceDocumentsTests", ["SluiceDocuments", "SluiceJSON", "SluiceModel"]),
        tests(
            "SluiceControlPlaneTests",
            ["SluiceControlPlane", "SluiceForwarding", "SluiceModel", "SluiceSolver", "SluiceStore"]),
        tests("SluiceForwardingTests", ["SluiceForwarding", "SluiceModel"]),
        tests("SluiceJSONTests", ["SluiceJSON"]),
        tests("SluiceLearningTests", ["SluiceLearning", "SluiceModel"]),
        tests("SluiceModelTests", ["SluiceModel"]),
        tests("SluiceOpenFlowTests", ["SluiceForwarding", "SluiceModel", "SluiceOpenFlow"]),
        tests("SluiceTelemetryTests", ["SluiceModel", "SluiceTelemetry"]),
        tests("PackagingTests", ["SluiceJSON", "SluiceProtocol"]),
        tests(
            "SluiceDaemonTests",
            [
                "SluiceControlPlane", "SluiceDaemon", "SluiceJSON", "SluiceModel", "SluiceProtocol", logging, nioCore,
                nioEmbedded, nioPosix,
            ]),
        tests("SluiceProtocolTests", ["SluiceJSON", "SluiceModel", "SluiceProtocol"]),
        tests("SystemTests", ["SluiceForwarding", "SluiceJSON", "SluiceModel", "SluiceOpenFlow", "SluiceProtocol"]),
        tests(
            "SluiceStoreTests",
            ["CLossyVFS", "SluiceControlPlane", "SluiceForwarding", "SluiceJSON", "SluiceModel", "SluiceStore"]),
        // A disk that loses what was not synced, for the tests of the store.
        .target(name: "CLossyVFS", path: "Tests/CLossyVFS", linkerSettings: [.linkedLibrary("sqlite3")]),
        tests("SluiceReportTests", ["SluiceReport"]),
        tests(
            "SluiceSimulationTests",
            ["SluiceCapture", "SluiceControlPlane", "SluiceJSON", "SluiceLearning", "SluiceModel", "SluiceSimulation"]),
        tests("SluiceSolverTests", ["SluiceGLPK", "SluiceModel", "SluiceSolver"]),
        tests("SluiceGLPKTests", ["SluiceGLPK", "SluiceModel", "SluiceSolver"]),
    ] + fuzzTargets,
    swiftLanguageModes: [.v6]
)
