import NIOHTTP1

/// Tells what a web page of another site has somebody's browser ask of this daemon.
///
/// Programs are not concerned: they send none of the fields that a browser adds by itself to each request that
/// may change something. Source: Fetch standard (`Origin`), W3C Fetch Metadata (`Sec-Fetch-Site`).
package struct BrowserGuard: Sendable {
    private let names: Set<String>

    /// Takes the names, beside `localhost` and addresses, under which pages may reach this daemon.
    package init(names: [String]) {
        self.names = Set(names.map { $0.lowercased() }).union(["localhost"])
    }

    /// Why the request is refused; `nil` when it is not, as all are that change nothing.
    func refusal(of method: HTTPMethod, _ headers: RequestHeaders) -> APIError? {
        switch method {
        case .GET, .HEAD, .OPTIONS: return nil
        default: break
        }
        if let site = headers.fetchSite?.lowercased(), site == "cross-site" { return .foreignPage }
        guard let origin = headers.origin?.lowercased() else { return nil }
        guard let scheme = origin.firstRange(of: "://"), let host = headers.host?.lowercased(),
            origin[scheme.upperBound...] == host
        else { return .foreignPage }
        // A page whose name somebody made to stand for this machine has the same origin as its host.
        return isOurs(host) ? nil : .misdirected
    }

    private func isOurs(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.prefix { $0 != ":" }
        let isAddress =
            name.split(separator: ".", omittingEmptySubsequences: false).count == 4
            && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E }
        return isAddress || names.contains(String(name))
    }
}
