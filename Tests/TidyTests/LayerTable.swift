/// Which modules each target may import: the arrows of the architecture, which only go down.
struct LayerTable {
    /// What one target may import.
    struct Layer {
        /// Modules that any file of the target may import.
        let anywhere: Set<String>
        /// Modules that only files below a folder of the target may import.
        let onlyBelow: [String: String]

        init(_ anywhere: Set<String>, onlyBelow: [String: String] = [:]) {
            self.anywhere = anywhere
            self.onlyBelow = onlyBelow
        }
    }

    /// The layers by target.
    let layers: [String: Layer]

    private static let foundation: Set = ["Foundation", "FoundationEssentials"]
    private static let cLibrary: Set = ["Darwin", "Glibc", "Musl"]
    private static let collections: Set = [
        "BitCollections", "Collections", "DequeModule", "HashTreeCollections", "HeapModule",
        "OrderedCollections",
    ]

    /// The table of this package, from the bottom up.
    static let current = LayerTable(layers: [
        "NSQCore": Layer(cLibrary),
        "Migrations": Layer([]),
        "DiskQueue": Layer(
            foundation.union(cLibrary).union([
                "NSQCore", "Migrations", "CChecksum", "CSystemCalls", "Dispatch", "Synchronization",
            ]),
            onlyBelow: [
                "CLibcrypto": "Sources/DiskQueue/Backup/",
                "GRDB": "Sources/DiskQueue/Metadata/",
            ]
        ),
        "DiskQueueTesting": Layer(cLibrary.union(["DiskQueue", "NSQCore", "Synchronization"])),
        "Broker": Layer(
            collections.union([
                "DiskQueue", "NSQCore", "Dispatch", "Histogram", "Synchronization",
            ])
        ),
        "NSQWire": Layer(cLibrary.union(["NSQCore", "NIOCore"])),
        "StreamCompression": Layer(["CChecksum", "CSnappy", "CZlib", "NIOCore"]),
        "PrometheusMetrics": Layer(["CoreMetrics", "Synchronization"]),
        "Fuzzing": Layer(["NSQCore", "NSQWire", "StreamCompression", "NIOCore"]),
        "nsqfuzz": Layer(["CFuzzer", "Fuzzing", "Glibc"]),
        "DaemonSupport": Layer(
            foundation.union([
                "NSQCore", "Logging", "ServiceLifecycle", "Synchronization", "Glibc", "TOMLKit",
                "UnixSignals",
            ])
        ),
        "ServerSupport": Layer(
            cLibrary.union([
                "NSQCore", "PrometheusMetrics", "CoreMetrics", "Logging", "NIOCore", "NIOHTTP1",
                "NIOPosix", "Synchronization",
            ])
        ),
        "BrokerServer": Layer(
            foundation.union(cLibrary).union([
                "Broker", "CSystemCalls", "DiskQueue", "NSQCore", "NSQWire", "PrometheusMetrics",
                "ServerSupport", "StreamCompression", "CoreMetrics", "NIOCore", "NIOHTTP1",
                "NIOPosix", "NIOSSL",
                "NIOTLS", "Dispatch", "Logging", "ServiceLifecycle",
                "SwiftASN1", "Synchronization",
            ]),
            onlyBelow: [
                "AsyncHTTPClient": "Sources/BrokerServer/Outbound/",
                "CRE2": "Sources/BrokerServer/Auth/",
            ]
        ),
        "Lookup": Layer(["NSQCore", "Synchronization"]),
        "LookupServer": Layer(
            [
                "Lookup", "NSQCore", "NSQWire", "PrometheusMetrics", "ServerSupport", "CoreMetrics",
                "Logging", "NIOCore", "NIOHTTP1", "NIOPosix", "ServiceLifecycle",
                "StreamCompression", "Synchronization",
            ],
            onlyBelow: ["GRDB": "Sources/LookupServer/View/"]
        ),
        "nsqlookupd": Layer(
            cLibrary.union(["DaemonSupport", "LookupServer", "NSQCore", "ServiceLifecycle"])
        ),
        "nsq-inspect": Layer(
            foundation.union(cLibrary).union(["ArgumentParser", "DiskQueue", "Synchronization"])
        ),
        "nsqd": Layer(
            foundation.union(cLibrary).union([
                "BrokerServer", "DaemonSupport", "NSQCore", "ServerSupport", "Logging",
                "ServiceLifecycle", "UnixSignals",
            ])
        ),
    ])

    /// Every import in `files` that the table does not allow, and every target that it does not know.
    func violations(in files: [SourceFile]) -> [Violation] {
        files.flatMap { file -> [Violation] in
            guard let layer = layers[file.target] else {
                return [file.violation(at: 0, "target \(file.target) is not in the layer table")]
            }
            return Self.imports(of: file).compactMap { index, module in
                if let folder = layer.onlyBelow[module], file.path.hasPrefix(folder) { return nil }
                if layer.anywhere.contains(module) { return nil }
                let folder = layer.onlyBelow[module].map { " outside \($0)" } ?? ""
                return file.violation(
                    at: index,
                    "\(file.target) may not import \(module)\(folder)"
                )
            }
        }
    }

    /// The modules that `file` imports, each with its line counted from 0.
    static func imports(of file: SourceFile) -> [(index: Int, module: String)] {
        file.code.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let keyword = words.firstIndex(of: "import"),
                words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessLevels.contains($0) })
            else { return nil }
            let rest = words[(keyword + 1)...].drop { importKinds.contains($0) }
            guard let path = rest.first, let module = path.split(separator: ".").first else {
                return nil
            }
            return (index, String(module))
        }
    }

    private static let accessLevels: Set = [
        "public", "package", "internal", "fileprivate", "private",
    ]
    private static let importKinds: Set = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
    ]
}
