package import NSQCore

/// What nsqlookupd answers to `/channels`.
///
/// Source: `nsqlookupd` spec 7.2.
package enum ChannelListAnswer {
    /// The durable channels in `json`, at most `limit`; `nil` when it is not the JSON that is expected.
    ///
    /// What is no channel's name is passed over.
    package static func channels(
        in json: UnsafeRawBufferPointer,
        limit: Int
    ) -> Set<ChannelName>? {
        var channels: Set<ChannelName> = []
        do throws(JSONScanner.Failure) {
            var scanner = JSONScanner(json)
            guard scanner.peek() != nil else { return nil }
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                guard key == "channels" else { return try scanner.skipValue() }
                try scanner.array { scanner throws(JSONScanner.Failure) in
                    guard let name = ChannelName(try scanner.string()), !name.isEphemeral,
                        channels.count < limit
                    else { return }
                    channels.insert(name)
                }
            }
            try scanner.expectEnd()
        } catch {
            return nil
        }
        return channels
    }
}
