import NSQWire
import Testing

@Suite("Hex id")
struct HexIDTests {
    private func decode(_ bytes: [UInt8]) -> UInt64? {
        bytes.withUnsafeBytes { bytes in bytes.baseAddress.flatMap(HexID.decode) }
    }

    private func encode(_ id: UInt64) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: HexID.byteCount)
        bytes.withUnsafeMutableBytes { bytes in
            if let base = bytes.baseAddress { HexID.encode(id, to: base) }
        }
        return bytes
    }

    @Test(arguments: [0, 1, 0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210, .max] as [UInt64])
    func spellsAllDigitsInOrder(id: UInt64) {
        let digits = String(id, radix: 16)
        let expected = String(repeating: "0", count: 16 - digits.count) + digits

        #expect(encode(id) == Array(expected.utf8))
        #expect(decode(Array(expected.utf8)) == id)
    }

    @Test func acceptsOnlyLowerCaseHexDigitsAtEveryPlace() {
        let legal = Set("0123456789abcdef".utf8)
        for place in 0..<HexID.byteCount {
            for byte in UInt8.min...UInt8.max {
                var bytes = Array("0123456789abcdef".utf8)
                bytes[place] = byte
                #expect((decode(bytes) != nil) == legal.contains(byte), "\(byte) at \(place)")
            }
        }
    }

    @Test func readsFromAnyAlignment() {
        for shift in 0..<8 {
            let bytes = [UInt8](repeating: 0, count: shift) + Array("00000000000000ff".utf8)
            let id = bytes.withUnsafeBytes { bytes in
                bytes.baseAddress.flatMap { HexID.decode($0 + shift) }
            }
            #expect(id == 255)
        }
    }
}
