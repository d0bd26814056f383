import NIOSSL
import SwiftASN1

/// The subject of an X.509 certificate.
///
/// Source: RFC 5280, 4.1 and 4.1.2.4.
enum CertificateSubject {
    /// `id-at-commonName`.
    private static let commonNameID: ASN1ObjectIdentifier = [2, 5, 4, 3]

    /// The last common name in the subject of `certificate`; `nil` when there is none.
    static func commonName(of certificate: NIOSSLCertificate) -> String? {
        do {
            let tree = try DER.parse(certificate.toDERBytes())
            return try commonName(inSubject: subject(ofCertificate: tree))
        } catch {
            return nil
        }
    }

    /// The subject's node: the field behind the validity, which is the second sequence behind the serial
    /// number.
    private static func subject(ofCertificate tree: ASN1Node) throws -> ASN1Node? {
        guard let signed = children(of: tree).first else { return nil }
        var fields = children(of: signed)[...]
        if fields.first?.identifier.tagClass == .contextSpecific { fields.removeFirst() }
        // Serial number, signature algorithm, issuer, validity; then the subject.
        return fields.dropFirst(4).first
    }

    private static func commonName(inSubject subject: ASN1Node?) throws -> String? {
        guard let subject else { return nil }
        var name: String?
        for attribute in children(of: subject).flatMap(children) {
            let parts = children(of: attribute)
            guard parts.count == 2,
                try ASN1ObjectIdentifier(derEncoded: parts[0]) == commonNameID,
                case .primitive(let bytes) = parts[1].content
            else { continue }
            name = String(decoding: bytes, as: UTF8.self)
        }
        return name
    }

    private static func children(of node: ASN1Node) -> [ASN1Node] {
        guard case .constructed(let collection) = node.content else { return [] }
        return Array(collection)
    }
}
