//! A node's key pair, and what TLS has to hold with the others.
use data_encoding::BASE64;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::fmt;
use std::io;
use std::sync::Arc;
use store::cluster::NodeInfo;

/// The name that every node's certificate has: which node it is, the certificate itself says.
pub(super) const NAME: &str = "node.obhut.internal";

/// A node's key pair. Made at its start, never written anywhere.
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::other(error)
}

impl Identity {
    /// A new one, for one start of a node.
    pub fn new(node: &str) -> io::Result<Self> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut about = CertificateParams::new([NAME.to_owned()]).map_err(failed)?;
        about.distinguished_name.push(DnType::CommonName, node);
        about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = about.self_signed(&key).map_err(failed)?.der().clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Ok(Self { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()), provider })
    }
    /// The certificate as the others learn of it: DER in Base64.
    pub fn certificate(&self) -> String {
        BASE64.encode(&self.certificate)
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }

    /// For connections from other nodes: nobody else gets through the handshake. None while no other node runs.
    pub(super) fn server(&self, nodes: &[NodeInfo]) -> Option<Arc<ServerConfig>> {
        let mut roots = RootCertStore::empty();
        for node in nodes {
            // One without a readable certificate is not let in.
            if let Some(Err(error)) = certificate(node).map(|found| roots.add(found)) {
                tracing::debug!(%error, node = node.about.name, "the certificate of a node is none");
            }
        }
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build().ok()?;
        let config = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .ok()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(vec![self.certificate.clone()], self.key())
            .ok()?;
        Some(Arc::new(config))
    }

    /// For a connection to this node and no other.
    pub(super) fn client(&self, node: &NodeInfo) -> Option<Arc<ClientConfig>> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate(node)?).ok()?;
        let config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .ok()?
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![self.certificate.clone()], self.key())
            .ok()?;
        Some(Arc::new(config))
    }
}

fn certificate(node: &NodeInfo) -> Option<CertificateDer<'static>> {
    let bytes = BASE64.decode(node.about.certificate.as_bytes()).ok()?;
    (!bytes.is_empty()).then(|| CertificateDer::from(bytes))
}
