private import FoundationEssentials
private import NSQCore

/// Reads the JSON of an `nsqd.dat` as leniently as the original does.
///
/// Source: `nsqd` spec 9.2.
package enum NSQDDatParser {
    /// What was read.
    package struct Outcome: Sendable, Equatable {
        /// The topics and channels with valid names; repeated names are merged.
        package var document: NSQDDat
        /// One line for the log for each name that is none, in the original's words.
        package var warnings: [String]
    }

    /// Reads `bytes`, the contents of the file `path`.
    ///
    /// - Throws: `.corrupt`, `failed to parse metadata in <path> - <why>`.
    package static func parse(
        _ bytes: [UInt8],
        path: String
    ) throws(DiskQueueError) -> Outcome {
        do {
            if bytes.isEmpty { throw failure(path, "unexpected end of JSON input") }
            // Invalid UTF-8 is replaced, as the original's parser does; such a name is skipped below.
            let text = String(decoding: bytes, as: UTF8.self)
            let file = try JSONDecoder().decode(FileJSON?.self, from: Data(text.utf8))
            return collect(file)
        } catch let error as DecodingError {
            throw failure(path, reason(of: error))
        } catch let error as DiskQueueError {
            throw error
        } catch {
            throw failure(path, "invalid JSON")
        }
    }

    private struct FileJSON: Decodable {
        let topics: [TopicJSON?]?
        let version: String?
    }

    private struct TopicJSON: Decodable {
        let name: String?
        let paused: Bool?
        let channels: [ChannelJSON?]?
    }

    private struct ChannelJSON: Decodable {
        let name: String?
        let paused: Bool?
    }

    private static func collect(_ file: FileJSON?) -> Outcome {
        var topics = MergedNames<TopicName, MergedNames<ChannelName, Void>>()
        var warnings: [String] = []
        for topic in file?.topics ?? [] {
            guard let name = TopicName(topic?.name ?? "") else {
                warnings.append("skipping creation of invalid topic \(printable(topic?.name))")
                continue
            }
            let place = topics.merge(name, isPaused: topic?.paused ?? false, empty: .init())
            for channel in topic?.channels ?? [] {
                guard let name = ChannelName(channel?.name ?? "") else {
                    let text = printable(channel?.name)
                    warnings.append("skipping creation of invalid channel \(text)")
                    continue
                }
                _ = topics.entries[place].content
                    .merge(name, isPaused: channel?.paused ?? false, empty: ())
            }
        }
        let document = NSQDDat(
            topics: topics.entries.map { topic in
                NSQDDat.Topic(
                    name: topic.name,
                    isPaused: topic.isPaused,
                    channels: topic.content.entries.map {
                        NSQDDat.Channel(name: $0.name, isPaused: $0.isPaused)
                    }
                )
            }
        )
        return Outcome(document: document, warnings: warnings)
    }

    /// Names in the order of their first mention; one that is paused anywhere is paused.
    private struct MergedNames<Name: Hashable, Content> {
        var entries: [(name: Name, isPaused: Bool, content: Content)] = []
        private var places: [Name: Int] = [:]

        mutating func merge(_ name: Name, isPaused: Bool, empty: Content) -> Int {
            if let place = places[name] {
                entries[place].isPaused = entries[place].isPaused || isPaused
                return place
            }
            places[name] = entries.count
            entries.append((name, isPaused, empty))
            return entries.count - 1
        }
    }

    /// The start of a name that anyone may have written, safe for a line of the log.
    private static func printable(_ name: String?) -> String {
        let scalars = (name ?? "").unicodeScalars
        let start = scalars.prefix(64).map { $0.escaped(asASCII: true) }.joined()
        return scalars.count > 64 ? start + "..." : start
    }

    private static func failure(_ path: String, _ reason: String) -> DiskQueueError {
        DiskQueueError(.corrupt, "failed to parse metadata in \(path) - \(reason)")
    }

    private static func reason(of error: DecodingError) -> String {
        let context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context),
                .keyNotFound(_, let context), .dataCorrupted(let context):
                context
            @unknown default:
                DecodingError.Context(codingPath: [], debugDescription: "invalid JSON")
            }
        let place = context.codingPath.map { key in
            key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)"
        }
        let description = context.debugDescription.replacing("\n", with: " ")
        return place.isEmpty ? description : "\(place.joined().dropFirst()): \(description)"
    }
}
