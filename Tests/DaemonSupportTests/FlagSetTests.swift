import DaemonSupport
import Testing

/// Goal: arguments are read as Go's flag package reads them, and refused in its words.
@Suite struct FlagSetTests {
    private let flags = FlagSet(
        program: "daemon",
        [
            FlagDefinition("address", .text, initially: .text("here:1"), usage: "where to listen"),
            FlagDefinition("count", .integer, initially: .integer(7), usage: "how many"),
            FlagDefinition(
                "wait",
                .duration,
                initially: .duration(90_000_000_000),
                usage: "how long"
            ),
            FlagDefinition("fast", .boolean, initially: .boolean(false), usage: "a switch"),
            FlagDefinition("on", .boolean, initially: .boolean(true), usage: "another\nswitch"),
            FlagDefinition("peer", .list, initially: .list([]), usage: "repeatable"),
            FlagDefinition(
                "level",
                .word(allowed: ["low", "high"], noun: "level"),
                initially: .text("low"),
                usage: "one of two"
            ),
        ]
    )

    private func refusal(_ arguments: String...) -> FlagError? {
        do throws(FlagError) {
            _ = try flags.parse(arguments)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [["-count=5"], ["--count=5"], ["-count", "5"], ["--count", "5"]])
    func allFourFormsMeanTheSame(_ arguments: [String]) throws {
        let values = try flags.parse(arguments)
        #expect(values["count"] == .integer(5))
        #expect(values.given == ["count"])
    }

    @Test func absentFlagsKeepTheirInitialValue() throws {
        let values = try flags.parse([])
        #expect(values["address"] == .text("here:1"))
        #expect(values["wait"] == .duration(90_000_000_000))
        #expect(values["nothing"] == nil)
        #expect(values.given.isEmpty)
    }

    @Test func laterFlagWins() throws {
        #expect(try flags.parse(["--count=1", "--count=2"])["count"] == .integer(2))
    }

    @Test func listGathersItsRepetitions() throws {
        #expect(try flags.parse(["--peer=a", "-peer", "b"])["peer"] == .list(["a", "b"]))
    }

    @Test func switchTakesNoFollowingWord() throws {
        let values = try flags.parse(["--fast", "false", "--count=9"])
        #expect(values.isOn("fast"))
        #expect(values["count"] == .integer(7))
        #expect(try flags.parse(["--on=F"])["on"] == .boolean(false))
    }

    @Test(arguments: [
        ["extra", "--count=9"], ["--", "--count=9"], ["-", "--count=9"], ["", "-count=9"],
    ])
    func readingStopsSilentlyAtTheFirstWordThatIsNoFlag(_ arguments: [String]) throws {
        #expect(try flags.parse(arguments)["count"] == .integer(7))
    }

    @Test func valueMayLookLikeAFlagOrHoldAnEqualsSign() throws {
        #expect(try flags.parse(["--address", "--count"])["address"] == .text("--count"))
        #expect(try flags.parse(["--address=a=b"])["address"] == .text("a=b"))
        #expect(try flags.parse(["--address="])["address"] == .text(""))
    }

    @Test func wordIsTakenInAnyCase() throws {
        #expect(try flags.parse(["--level=HIGH"])["level"] == .text("high"))
    }

    @Test func refusalsHaveTheWordsOfGo() {
        let refusals: [([String], String)] = [
            (["-bogus"], "flag provided but not defined: -bogus"),
            (["--bogus=1"], "flag provided but not defined: -bogus"),
            (["--count=x"], #"invalid value "x" for flag -count: parse error"#),
            (["--count="], #"invalid value "" for flag -count: parse error"#),
            (
                ["--count=9223372036854775808"],
                #"invalid value "9223372036854775808" for flag -count: value out of range"#
            ),
            (["--wait", "10"], #"invalid value "10" for flag -wait: parse error"#),
            (["--fast=5"], #"invalid boolean value "5" for -fast: parse error"#),
            (["--wait"], "flag needs an argument: -wait"),
            (["---count=1"], "bad flag syntax: ---count=1"),
            (["-=1"], "bad flag syntax: -=1"),
            (
                ["--level=mid"],
                #"invalid value "mid" for flag -level: invalid level 'mid' (low, high)"#
            ),
            (
                ["--count=\n\"\\\u{1b}é"],
                #"invalid value "\n\"\\\x1bé" for flag -count: parse error"#
            ),
        ]
        for (arguments, text) in refusals {
            #expect(throws: FlagError.refused(text)) { try flags.parse(arguments) }
        }
    }

    @Test(arguments: ["-h", "--h", "-help", "--help"])
    func helpIsAskedFor(_ word: String) {
        #expect(refusal("--count=1", word) == .helpRequested)
    }

    @Test func usageIsLaidOutAsGoPrintsIt() {
        let usage = """
            Usage of daemon:
              -address string
                \twhere to listen (default "here:1")
              -count int
                \thow many (default 7)
              -fast
                \ta switch
              -level value
                \tone of two (default "low")
              -on
                \tanother
                \tswitch (default true)
              -peer value
                \trepeatable
              -wait duration
                \thow long (default 1m30s)

            """
        #expect(UsageText.text(of: flags) == usage)
    }

    @Test func showsGroupsInTheirOrderAndSortsEach() {
        let definitions = ["b": "Second", "a": "Second", "c": "First"].sorted {
            $0.value < $1.value
        }
        .map { name, group in
            var flag = FlagDefinition(name, .boolean, initially: .boolean(false), usage: "u")
            flag.group = group
            return flag
        }
        let flags = FlagSet(program: "p", definitions)

        #expect(
            UsageText.text(of: flags)
                == "Usage of p:\n\nFirst:\n  -c\tu\n\nSecond:\n  -a\tu\n  -b\tu\n"
        )
    }
}
