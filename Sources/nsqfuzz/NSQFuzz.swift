import CFuzzer
import Fuzzing
import Glibc

/// libFuzzer with the target that `NSQ_FUZZ_TARGET` names; its flags are those of libFuzzer.
///
/// See `Tools/fuzz`. Source: LLVM, "libFuzzer – a library for coverage-guided fuzz testing".
@main
struct NSQFuzz {
    private static let target: FuzzTarget = {
        let name = getenv("NSQ_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let names = FuzzTarget.allCases.map(\.rawValue)
            let text = "NSQ_FUZZ_TARGET must name one of \(names)\n"
            _ = write(STDERR_FILENO, text, text.utf8.count)
            exit(64)
        }
        return target
    }()

    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        let status = LLVMFuzzerRunDriver(&count, &arguments) { bytes, count in
            // SAFETY: libFuzzer's bytes live as long as the call.
            NSQFuzz.target.run(UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        }
        exit(status)
    }
}
