import ServerSupport
import Testing

@Suite("Query parameters")
struct QueryParametersTests {
    @Test
    func firstOfSeveralValuesWins() {
        let parameters = QueryParameters("a=1&b=2&a=3")

        #expect(parameters?["a"] == "1")
        #expect(parameters?["b"] == "2")
        #expect(parameters?["c"] == nil)
    }

    @Test
    func bareNameHasAnEmptyValue() {
        let parameters = QueryParameters("binary&&defer=")

        #expect(parameters?["binary"] == "")
        #expect(parameters?["defer"] == "")
        #expect(parameters?[""] == nil)
    }

    @Test(arguments: [
        ("topic=t%23ephemeral", "t#ephemeral"), ("topic=a+b", "a b"), ("topic=a%2Bb", "a+b"),
        ("t%6fpic=x", "x"), ("topic=a=b", "a=b"), ("topic=%E2%82%AC", "\u{20ac}"),
        ("topic=%ff", "\u{fffd}"),
    ])
    func decodesEscapesAndPlus(query: String, value: String) {
        #expect(QueryParameters(query)?["topic"] == value)
    }

    @Test(arguments: ["a=1;b=2", "topic=%zz", "topic=%4", "%=1", "a=1&b=%", ";", "x=%2"])
    func refusesSemicolonsAndBadEscapes(query: String) {
        #expect(QueryParameters(query) == nil)
    }

    @Test
    func switchIsOffOnlyForFalseAndZero() {
        let parameters = QueryParameters("a=false&b=0&c=False&d=&e=1")

        #expect(["a", "b"].allSatisfy { parameters?.isOn($0) == false })
        #expect(["c", "d", "e", "absent"].allSatisfy { parameters?.isOn($0) == true })
    }

    @Test
    func emptyQueryHasNoParameters() {
        #expect(QueryParameters("")?["topic"] == nil)
        #expect(QueryParameters("") != nil)
    }
}
