// TLS between the daemon and its switches. Both ends show a certificate, and one authority has signed both: who has none
// of it is no switch of ours, and who accepts us knows that we are its controller. Names in certificates are not
// compared, since a switch has an address that changes and a datapath id that no certificate carries.

import NIOSSL

/// Files in PEM form, as ovs-pki makes them.
package struct TLSFiles: Hashable, Sendable {
    /// Our certificate, followed by those between it and the authority, if any.
    package var certificate: String
    package var privateKey: String
    /// Certificates of the authorities that have signed those of switches.
    package var authority: String

    package init(certificate: String, privateKey: String, authority: String) {
        self.certificate = certificate
        self.privateKey = privateKey
        self.authority = authority
    }
}

struct SouthboundTLS: Sendable {
    struct Failure: Error {
        let text: String
    }

    private let listening: NIOSSLContext
    private let dialling: NIOSSLContext

    /// Reads the files; throws where one cannot be used.
    init(_ files: TLSFiles) throws(Failure) {
        func read<Value>(_ path: String, _ body: () throws -> Value) throws(Failure) -> Value {
            do {
                return try body()
            } catch {
                throw Failure(text: "\(path): cannot be used for TLS: \(error)")
            }
        }
        let chain = try read(files.certificate) { try NIOSSLCertificate.fromPEMFile(files.certificate) }
        guard !chain.isEmpty else { throw Failure(text: "\(files.certificate): holds no certificate") }
        let key = try read(files.privateKey) { try NIOSSLPrivateKey(file: files.privateKey, format: .pem) }
        let authorities = try read(files.authority) { try NIOSSLCertificate.fromPEMFile(files.authority) }
        guard !authorities.isEmpty else { throw Failure(text: "\(files.authority): holds no certificate") }
        let sources = chain.map { NIOSSLCertificateSource.certificate($0) }
        var server = TLSConfiguration.makeServerConfigurationWithMTLS(
            certificateChain: sources, privateKey: .privateKey(key), trustRoots: .certificates(authorities))
        server.minimumTLSVersion = .tlsv12
        var client = TLSConfiguration.makeClientConfiguration()
        client.minimumTLSVersion = .tlsv12
        client.certificateVerification = .noHostnameVerification
        client.trustRoots = .certificates(authorities)
        client.certificateChain = sources
        client.privateKey = .privateKey(key)
        listening = try read("\(files.certificate), \(files.privateKey)") { try NIOSSLContext(configuration: server) }
        dialling = try read("\(files.certificate), \(files.privateKey)") { try NIOSSLContext(configuration: client) }
    }

    /// For a switch that has dialled.
    func serverHandler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: listening) }

    /// For a switch that is dialled.
    func clientHandler() throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: dialling, serverHostname: nil)
    }
}
