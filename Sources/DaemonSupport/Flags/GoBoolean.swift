/// Truth values as Go's `strconv.ParseBool` takes them.
package enum GoBoolean {
    /// The truth value that `text` spells; `nil` for any other word.
    package static func parse(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
