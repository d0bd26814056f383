/// Who needs a doc comment: what other targets see, and every type at the top of a file.
struct DocumentationRules {
    private let files: [SourceFile]
    private let declarations: [[Declaration]]
    /// Protocols by type, from its declaration and its extensions in any file.
    private var conformances: [String: Set<String>] = [:]
    /// Members that a protocol asks for; they are documented there.
    private var requirements = Self.knownRequirements

    /// Reads all of `files`, because a conformance may be declared in another one.
    init(files: [SourceFile]) {
        self.files = files
        declarations = files.map(DeclarationScanner.declarations(in:))
        for list in declarations {
            for declaration in list {
                if declaration.hasMembers {
                    conformances[declaration.name, default: []].formUnion(declaration.inherited)
                }
                if let container = declaration.container, list[container].keyword == "protocol" {
                    requirements[list[container].name, default: []].insert(declaration.name)
                }
            }
        }
    }

    /// Declarations that should have a doc comment and have none.
    var violations: [Violation] {
        zip(files, declarations).flatMap { file, list in
            list.filter { needsDocumentation($0, in: list) && !Self.isDocumented($0, in: file) }
                .map { file.violation(at: $0.line, "\($0.keyword) \($0.name) has no doc comment") }
        }
    }

    private func needsDocumentation(_ declaration: Declaration, in list: [Declaration]) -> Bool {
        guard !declaration.isLocal, declaration.keyword != "extension" else { return false }
        guard let container = declaration.container.map({ list[$0] }) else {
            return declaration.isVisibleOutside || declaration.isType && !declaration.isPrivate
        }
        if container.keyword == "protocol" { return container.isVisibleOutside }
        guard declaration.isVisibleOutside else { return false }
        return !isWitness(declaration, of: container)
    }

    /// Whether a protocol that the type conforms to asks for this member.
    private func isWitness(_ declaration: Declaration, of container: Declaration) -> Bool {
        var waiting = conformances[container.name] ?? []
        var seen: Set<String> = []
        while let name = waiting.popFirst() {
            guard seen.insert(name).inserted else { continue }
            if requirements[name]?.contains(declaration.name) == true { return true }
            waiting.formUnion(conformances[name] ?? [])
        }
        return false
    }

    private static func isDocumented(_ declaration: Declaration, in file: SourceFile) -> Bool {
        var index = declaration.line - 1
        while index >= 0 {
            let line = file.lines[index].trimmed
            if line.hasPrefix("///") { return true }
            guard line.hasPrefix("@") || line.hasPrefix("#if") else { return false }
            index -= 1
        }
        return false
    }

    /// Requirements of protocols from elsewhere, documented there.
    private static let knownRequirements: [String: Set<String>] = [
        "CustomStringConvertible": ["description"],
        "CustomDebugStringConvertible": ["debugDescription"],
        "Equatable": ["=="],
        "Hashable": ["==", "hash"],
        "Comparable": ["==", "<"],
        "RawRepresentable": ["rawValue", "init"],
        "OptionSet": ["rawValue", "init"],
        "Codable": ["encode", "init"],
        "Encodable": ["encode"],
        "Decodable": ["init"],
        "IteratorProtocol": ["next"],
        "RandomNumberGenerator": ["next"],
        "Sequence": ["makeIterator"],
        "Service": ["run"],
        "LogHandler": ["log", "metadata", "logLevel", "subscript"],
        "ChannelInboundHandler": inboundHandler,
        "ChannelOutboundHandler": outboundHandler,
        "ChannelDuplexHandler": inboundHandler.union(outboundHandler),
    ]

    private static let inboundHandler: Set = [
        "InboundIn", "InboundOut", "OutboundOut", "channelRegistered", "channelActive",
        "channelInactive", "channelRead", "channelReadComplete", "channelWritabilityChanged",
        "userInboundEventTriggered", "errorCaught", "handlerAdded", "handlerRemoved",
    ]
    private static let outboundHandler: Set = [
        "OutboundIn", "OutboundOut", "write", "flush", "read", "close", "triggerUserOutboundEvent",
        "handlerAdded", "handlerRemoved",
    ]
}
