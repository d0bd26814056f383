import DiskQueue
import DiskQueueTesting
import Foundation

extension TemporaryDirectory {
    /// The bytes of file `name`; `nil` when there is none.
    func contents(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path(name)).map { [UInt8]($0) }
    }

    /// Makes file `name`, or replaces it.
    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }

    /// The bytes of every file in the directory, by name.
    func listing() throws -> [String: [UInt8]] {
        let names = try PosixFileSystem().list(path)
        return Dictionary(uniqueKeysWithValues: names.map { ($0, contents($0) ?? []) })
    }

    /// The permission bits of `name`.
    func permissions(_ name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path(name))
        return attributes[.posixPermissions] as? Int ?? 0
    }
}
