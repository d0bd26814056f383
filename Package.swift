// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

/// For tests that do not compute for long: optimizing those takes longer than it saves.
let tested = strict + [.unsafeFlags(["-Onone"])]

/// Fuzzing needs its own build of what it looks at: `Tools/fuzz` asks for it.
let isFuzzing = Context.environment["NSQ_FUZZ"] != nil
let fuzzed = strict + (isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : [])

let package = Package(
    name: "swift-nsq",
    products: [
        .executable(name: "nsqd", targets: ["nsqd"]),
        .executable(name: "nsqlookupd", targets: ["nsqlookupd"]),
        .executable(name: "nsq-inspect", targets: ["nsq-inspect"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CChecksum"),
        .target(name: "CSystemCalls"),
        .target(name: "CRE2", linkerSettings: [.linkedLibrary("re2")]),
        .systemLibrary(name: "CLibcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CSnappy", providers: [.apt(["libsnappy-dev"])]),
        .target(
            name: "Migrations",
            path: "Migrations",
            resources: [.embedInCode("V0001_create_store.sql")],
            swiftSettings: strict
        ),
        .target(name: "NSQCore", swiftSettings: strict),
        .target(
            name: "DiskQueue",
            dependencies: [
                "CChecksum", "CLibcrypto", "CSystemCalls", "Migrations", "NSQCore",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "DiskQueueTesting",
            dependencies: ["DiskQueue", "NSQCore"],
            swiftSettings: strict
        ),
        .target(
            name: "Broker",
            dependencies: [
                "DiskQueue", "NSQCore",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "NSQWire",
            dependencies: ["NSQCore", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: fuzzed
        ),
        .target(
            name: "StreamCompression",
            dependencies: [
                "CChecksum", "CSnappy", "CZlib", .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: fuzzed
        ),
        .target(
            name: "PrometheusMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict
        ),
        .target(
            name: "DaemonSupport",
            dependencies: [
                "NSQCore", .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ServerSupport",
            dependencies: [
                "NSQCore", "PrometheusMetrics",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "BrokerServer",
            dependencies: [
                "Broker", "CRE2", "CSystemCalls", "DiskQueue", "NSQCore", "NSQWire",
                "PrometheusMetrics", "ServerSupport", "StreamCompression",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "nsqd",
            dependencies: [
                "BrokerServer", "DaemonSupport", "NSQCore", "ServerSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "nsq-inspect",
            dependencies: [
                "DiskQueue", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict
        ),
        .target(name: "Lookup", dependencies: ["NSQCore"], swiftSettings: strict),
        .target(
            name: "LookupServer",
            dependencies: [
                "Lookup", "NSQCore", "NSQWire", "PrometheusMetrics", "ServerSupport",
                "StreamCompression",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "nsqlookupd",
            dependencies: [
                "DaemonSupport", "LookupServer", "NSQCore",
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "NSQWireTests",
            dependencies: ["NSQCore", "NSQWire", .product(name: "NIOCore", package: "swift-nio")],
            swiftSettings: tested
        ),
        .testTarget(
            name: "StreamCompressionTests",
            dependencies: [
                "StreamCompression", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            swiftSettings: tested
        ),
        .target(
            name: "Fuzzing",
            dependencies: [
                "NSQCore", "NSQWire", "StreamCompression",
                .product(name: "NIOCore", package: "swift-nio"),
            ],
            swiftSettings: fuzzed
        ),
        .testTarget(name: "FuzzingTests", dependencies: ["Fuzzing"], swiftSettings: tested),
        .testTarget(
            name: "PrometheusMetricsTests",
            dependencies: [
                "PrometheusMetrics", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: tested
        ),
        .testTarget(
            name: "DaemonSupportTests",
            dependencies: ["DaemonSupport", .product(name: "Logging", package: "swift-log")],
            swiftSettings: tested
        ),
        .testTarget(
            name: "ServerSupportTests",
            dependencies: [
                "ServerSupport", .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: tested
        ),
        .testTarget(
            name: "LookupTests",
            dependencies: ["DiskQueueTesting", "Lookup", "NSQCore"],
            swiftSettings: tested
        ),
        .testTarget(
            name: "DiskQueueTests",
            dependencies: ["DiskQueue", "DiskQueueTesting", "Migrations", "NSQCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BrokerTests",
            dependencies: ["Broker", "DiskQueue", "DiskQueueTesting", "NSQCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Broker", "DiskQueue", "DiskQueueTesting", "NSQCore"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BrokerServerTests",
            dependencies: [
                "Broker", "BrokerServer", "DiskQueue", "DiskQueueTesting", "NSQCore", "NSQWire",
                "ServerSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: tested
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ]
)

if isFuzzing {
    package.products.append(.executable(name: "nsqfuzz", targets: ["nsqfuzz"]))
    package.targets += [
        .systemLibrary(name: "CFuzzer"),
        .executableTarget(
            name: "nsqfuzz",
            dependencies: ["CFuzzer", "Fuzzing"],
            swiftSettings: strict,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]
        ),
    ]
}
