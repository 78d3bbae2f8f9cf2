//! Certificates for servers in tests, made while the test runs.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use crate::TempDir;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::path::PathBuf;

/// A certificate and the key that belongs to it, as PEM.
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

/// Signs certificates of servers.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    /// A new one, which nobody trusts who is not told to.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key can be made");
        let mut about = CertificateParams::default();
        about.distinguished_name.push(DnType::CommonName, name);
        about.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        about.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = about.self_signed(&key).expect("it can be signed");
        let folder = TempDir::new().expect("a folder can be made");
        std::fs::write(folder.join("authority.pem"), certificate.pem()).expect("it can be written");
        Self { issuer: Issuer::new(about, key), folder }
    }
    /// The file with its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }
    /// A certificate for a server that is called by one of these names.
    pub fn sign(&self, names: &[&str]) -> Certificate {
        let key = KeyPair::generate().expect("a key can be made");
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let about = CertificateParams::new(names).expect("these are names");
        let signed = about.signed_by(&key, &self.issuer).expect("it can be signed");
        Certificate { certificate: signed.pem(), key: key.serialize_pem() }
    }
}
