import Foundation
import Fuzzing
import Testing

/// Every input that fuzzing kept, once more.
@Suite("Corpus")
struct CorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("data/corpus")

    @Test(arguments: FuzzTarget.allCases)
    func everyInputIsReadWithoutAFinding(target: FuzzTarget) throws {
        let inputs = try FileManager.default.contentsOfDirectory(
            at: Self.folder.appendingPathComponent(target.rawValue),
            includingPropertiesForKeys: nil
        )
        #expect(inputs.count >= 5)
        for input in inputs {
            let bytes = try Data(contentsOf: input)
            bytes.withUnsafeBytes { target.run($0) }
        }
    }
}
