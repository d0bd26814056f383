/// A failure that a simulated disk is to report.
package struct DiskFault: Sendable {
    /// The calls that a fault can hit.
    package struct Calls: OptionSet, Sendable {
        package let rawValue: Int

        package init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// ``FileSystem/open(_:_:)``.
        package static let open = Calls(rawValue: 1 << 0)
        /// ``File/read(into:at:)``.
        package static let read = Calls(rawValue: 1 << 1)
        /// ``File/write(_:at:)``.
        package static let write = Calls(rawValue: 1 << 2)
        /// ``File/truncate(to:)``.
        package static let truncate = Calls(rawValue: 1 << 3)
        /// ``File/size()``.
        package static let size = Calls(rawValue: 1 << 4)
        /// ``File/synchronizeData()``.
        package static let synchronizeData = Calls(rawValue: 1 << 5)
        /// ``FileSystem/synchronizeDirectory(_:)``.
        package static let synchronizeDirectory = Calls(rawValue: 1 << 6)
        /// ``FileSystem/makeDirectory(_:)``.
        package static let makeDirectory = Calls(rawValue: 1 << 7)
        /// ``FileSystem/removeDirectory(_:)``.
        package static let removeDirectory = Calls(rawValue: 1 << 8)
        /// ``FileSystem/rename(_:to:)``.
        package static let rename = Calls(rawValue: 1 << 9)
        /// ``FileSystem/remove(_:)``.
        package static let remove = Calls(rawValue: 1 << 10)
        /// ``FileSystem/list(_:)``.
        package static let list = Calls(rawValue: 1 << 11)
        /// Every call that can fail.
        package static let all = Calls(rawValue: (1 << 12) - 1)
    }

    /// How much of a failing write reaches the file all the same.
    package enum WrittenPart: Sendable {
        /// Nothing.
        case nothing
        /// The first half.
        case half
        /// That many bytes, or all but the last if the write is no longer than that.
        case bytes(Int)
    }

    private let calls: Calls
    private let pathSuffix: String
    private let errno: Int32
    private let isSticky: Bool
    private let writtenPart: WrittenPart
    private var remaining: Int

    /// Composes a fault.
    ///
    /// - Parameters:
    ///   - calls: which calls are counted and hit.
    ///   - skipped: how many of them succeed first.
    ///   - pathSuffix: only calls on paths that end so are counted and hit.
    ///   - errno: what the call reports.
    ///   - isSticky: whether every later call fails too, or only that one.
    ///   - writtenPart: what a failing write leaves behind.
    package init(
        of calls: Calls,
        after skipped: Int = 0,
        pathSuffix: String = "",
        errno: Int32,
        isSticky: Bool = false,
        writtenPart: WrittenPart = .nothing
    ) {
        self.calls = calls
        self.pathSuffix = pathSuffix
        self.errno = errno
        self.isSticky = isSticky
        self.writtenPart = writtenPart
        remaining = skipped
    }

    /// Counts one call.
    ///
    /// - Returns: the error number, and how many bytes of a write happen all the same; nil when
    ///   the call succeeds.
    mutating func strike(
        _ call: Calls,
        _ path: String,
        byteCount: Int
    ) -> (errno: Int32, writtenByteCount: Int)? {
        guard calls.contains(call), pathSuffix.isEmpty || path.hasSuffix(pathSuffix) else {
            return nil
        }
        if remaining > 0 {
            remaining -= 1
            return nil
        }
        if remaining < 0 { return nil }
        if !isSticky { remaining = -1 }
        switch writtenPart {
        case .nothing: return (errno, 0)
        case .half: return (errno, byteCount / 2)
        case .bytes(let count): return (errno, max(0, min(count, byteCount - 1)))
        }
    }
}
