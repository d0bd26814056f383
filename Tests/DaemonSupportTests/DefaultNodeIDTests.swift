import DaemonSupport
import Testing

/// Goal: a machine keeps the node id that the original gives it.
@Suite struct DefaultNodeIDTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    @Test func hostOfTheReferenceRunHasItsNodeID() {
        #expect(DefaultNodeID.number(forHost: "vm") == 617)
    }

    @Test(arguments: ["", "a", "some-host.example.com", String(repeating: "h", count: 300)])
    func nodeIDIsInRange(_ host: String) {
        #expect((0..<1024).contains(DefaultNodeID.number(forHost: host)))
    }

    /// Method: the test suite of RFC 1321, appendix A.5.
    @Test(arguments: [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("a", "0cc175b9c0f1b6a831c399e269772661"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f"
        ),
        (
            "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            "57edf4a22be3c955ac49da2e2107b67a"
        ),
    ])
    func md5OfTheVectorsOfTheRFC(_ text: String, _ digest: String) {
        #expect(hex(MD5.digest(of: Array(text.utf8))) == digest)
    }

    @Test func md5PadsEveryLengthAroundABlock() {
        #expect(
            hex(MD5.digest(of: [UInt8](repeating: 0x61, count: 55)))
                == "ef1772b6dff9a122358552954ad0df65"
        )
        #expect(
            hex(MD5.digest(of: [UInt8](repeating: 0x61, count: 56)))
                == "3b0c8ac703f828b04c6c197006d17218"
        )
        #expect(
            hex(MD5.digest(of: [UInt8](repeating: 0x61, count: 64)))
                == "014842d480b571495a4a0363793f7367"
        )
    }

    @Test func crc32OfTheCheckText() {
        #expect(CRC32.checksum(of: Array("123456789".utf8)) == 0xcbf4_3926)
        #expect(CRC32.checksum(of: []) == 0)
    }

    @Test func versionLineNamesTheRelease() {
        #expect(
            VersionLine.text(program: "nsqd").wholeMatch(
                of: /nsqd v1\.3\.0 \(built w\/swift6\.\d+\)/
            )
                != nil
        )
    }
}
