/// The port over which a server that refuses plain HTTP wants to be asked.
///
/// Source: `nsqd` spec 7.2.
package enum HTTPSPort {
    /// The `https_port` of the JSON object in the body of a 403; `nil` when it names no port.
    package static func suggested(in json: UnsafeRawBufferPointer) -> Int? {
        var port: Int64 = 0
        do throws(JSONScanner.Failure) {
            var scanner = JSONScanner(json)
            try scanner.object { key, scanner throws(JSONScanner.Failure) in
                guard key == "https_port" else { return try scanner.skipValue() }
                port = try scanner.integer()
            }
        } catch {
            return nil
        }
        return (1...65_535).contains(port) ? Int(port) : nil
    }
}
