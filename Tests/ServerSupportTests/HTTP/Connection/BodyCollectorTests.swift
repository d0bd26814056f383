import NIOCore
import ServerSupport
import Testing

@Suite("Body collector")
struct BodyCollectorTests {
    private func part(_ count: Int) -> ByteBuffer {
        ByteBuffer(repeating: 0x78, count: count)
    }

    @Test
    func keepsABodyUpToItsLimit() {
        var body = BodyCollector(.keep(limit: 10), declaredLength: nil)
        body.append(part(4))
        body.append(part(6))
        #expect(body.bytes == part(10))
        #expect(!body.isTooLong)

        body.append(part(1))
        #expect(body.isTooLong)
        #expect(body.bytes.readableBytes == 0)
        #expect(!body.isHopeless)
    }

    @Test
    func knowsATooLongBodyByItsDeclaration() {
        #expect(BodyCollector(.keep(limit: 10), declaredLength: 11).isTooLong)
        #expect(!BodyCollector(.keep(limit: 10), declaredLength: 11).isHopeless)
        #expect(BodyCollector(.keep(limit: 10), declaredLength: .max).isHopeless)
        #expect(!BodyCollector(.keep(limit: .max), declaredLength: .max).isHopeless)
    }

    @Test
    func readsOverOnlySoMuchOfAnUnwantedBody() {
        let limit = HTTPLimits.swallowedBodyBytes
        #expect(!BodyCollector(.discard, declaredLength: limit).isHopeless)
        #expect(BodyCollector(.discard, declaredLength: limit + 1).isHopeless)

        var body = BodyCollector(.discard, declaredLength: nil)
        body.append(part(limit))
        #expect(!body.isHopeless)
        body.append(part(1))
        #expect(body.isHopeless)
        #expect(body.bytes.readableBytes == 0)
    }
}
