import ServerSupport
import Testing

@Suite("Request target")
struct RequestTargetTests {
    @Test(arguments: [
        ("/pub?topic=t?x", "/pub", "topic=t?x"),
        ("/stats", "/stats", ""),
        ("/%70ub?topic=%zz", "/pub", "topic=%zz"),
        ("http://host:4151/ping?a", "/ping", "a"),
        ("https://host", "/", ""),
        ("http://host?a", "/", "a"),
        ("/pub?topic=t#ephemeral", "/pub", "topic=t#ephemeral"),
    ])
    func splitsPathAndQuery(uri: String, path: String, query: String) {
        let target = RequestTarget(uri)

        #expect(target?.path == path)
        #expect(target?.query == query[...])
    }

    @Test(arguments: ["", "*", "ping", "host:80", "/%zz", "/a%2", "ftp://host/ping"])
    func refusesOtherForms(uri: String) {
        #expect(RequestTarget(uri) == nil)
    }
}
