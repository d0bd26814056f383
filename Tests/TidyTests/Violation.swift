/// One place that breaks a rule of the house.
struct Violation: CustomStringConvertible, Equatable {
    /// Path below the package's root.
    let path: String
    /// Line, counted from 1.
    let line: Int
    /// What is wrong and what to do instead.
    let reason: String

    var description: String { "\(path):\(line): \(reason)" }
}
