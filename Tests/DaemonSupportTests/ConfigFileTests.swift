import DaemonSupport
import Testing

/// Goal: settings of a TOML file mean what they mean to the original, and a bad one says so.
@Suite struct ConfigFileTests {
    private func value(_ kind: FlagKind, _ text: String) throws -> FlagValue {
        let file = try ConfigFile(text: "key = \(text)")
        let flag = FlagDefinition("key", kind, initially: .text(""), usage: "")
        return try flag.value(of: #require(file["key"]))
    }

    @Test func everyKindIsRead() throws {
        #expect(try value(.text, #""a b""#) == .text("a b"))
        #expect(try value(.integer, "42") == .integer(42))
        #expect(try value(.integer, #""17""#) == .integer(17))
        #expect(try value(.duration, #""1m30s""#) == .duration(90_000_000_000))
        #expect(try value(.boolean, "false") == .boolean(false))
        #expect(try value(.boolean, #""true""#) == .boolean(true))
        #expect(try value(.booleanOr("tcp-https"), "true") == .text("true"))
        #expect(try value(.booleanOr("tcp-https"), #""tcp-https""#) == .text("tcp-https"))
        #expect(try value(.list, #"["a", "b"]"#) == .list(["a", "b"]))
        #expect(try value(.list, #""a,b""#) == .list(["a", "b"]))
        #expect(try value(.fractions, "[0.5, 1, 0.99]") == .fractions([0.5, 1, 0.99]))
        #expect(try value(.word(allowed: ["warn"], noun: "level"), #""WARN""#) == .text("warn"))
    }

    @Test func anIntegerForADurationIsMilliseconds() throws {
        #expect(try value(.duration, "1500") == .duration(1_500_000_000))
        #expect(throws: FlagValueError.range) { try value(.duration, "9223372036854775807") }
    }

    @Test(arguments: [
        ("1", "it must be true or false"), ("[1]", "it must be true or false"),
        ("2020-01-01", "it must be true or false"),
    ])
    func aBooleanIsNoInteger(text: String, reason: String) throws {
        let error = #expect(throws: FlagValueError.self) { try value(.boolean, text) }
        #expect(error?.reason == reason)
    }

    @Test func valuesOfTheWrongTypeAreRefused() {
        #expect(throws: FlagValueError.self) { try value(.integer, "1.5") }
        #expect(throws: FlagValueError.self) { try value(.integer, #""many""#) }
        #expect(throws: FlagValueError.self) { try value(.text, "5") }
        #expect(throws: FlagValueError.self) { try value(.list, "[1]") }
        #expect(throws: FlagValueError.self) { try value(.duration, #""soon""#) }
    }

    @Test func whatIsNoTOMLSaysWhere() {
        let error = #expect(throws: ConfigFile.Unreadable.self) {
            _ = try ConfigFile(text: "a = 1\nb = = 2\n")
        }
        #expect(error?.description.contains("line 2") == true)
        #expect(throws: ConfigFile.Unreadable.self) {
            _ = try ConfigFile(text: "a = " + String(repeating: "[", count: 100_000))
        }
    }

    @Test func nothingIsHiddenBehindANUL() {
        #expect(throws: ConfigFile.Unreadable.self) {
            _ = try ConfigFile(text: "a = 1\n\u{0}\nb = true\n")
        }
    }

    @Test func aFileThatIsNotThereSaysSo() {
        let error = #expect(throws: ConfigFile.Unreadable.self) {
            _ = try ConfigFile(path: "/nonexistent/nsqd.toml")
        }
        #expect(error?.description == "open /nonexistent/nsqd.toml: no such file or directory")
    }
}
