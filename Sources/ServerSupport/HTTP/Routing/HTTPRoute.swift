package import NIOHTTP1

/// One kind of request that an API answers, as the router has to know it.
package protocol HTTPRoute: CaseIterable, Sendable {
    /// The request's path; where ``takesOption`` says so, the part before the option's name.
    var path: String { get }
    /// The only method that the route answers to.
    var method: HTTPMethod { get }
    /// Whether the path goes on with the name of an option; all such routes have the same ``path``.
    var takesOption: Bool { get }
    /// Whether the access log shows the route; probes would drown it.
    var isLogged: Bool { get }
}

extension HTTPRoute {
    /// Whether `method` is the one that the route answers to.
    ///
    /// Matched by case: `==` on methods compares their names as strings.
    package func accepts(_ method: HTTPMethod) -> Bool {
        switch (self.method, method) {
        case (.GET, .GET), (.PUT, .PUT), (.POST, .POST): true
        default: false
        }
    }
}
