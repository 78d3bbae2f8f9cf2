//! The way to a server: in the clear on this machine, otherwise through TLS to a server that has shown by its certificate who it is.
use super::{Address, refused};
use crate::{Error, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{CancelToken, Client, Config, NoTls, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How a connection's bytes travel.
#[derive(Clone)]
pub(super) enum Way {
    /// As they are, within the machine.
    Plain,
    /// Encrypted, to a server whose certificate was verified.
    Tls(MakeRustlsConnect),
}

impl Way {
    /// What the address wants: TLS wherever an authority is named, and wherever bytes leave the machine. The authority's file is read each time, so
    /// that a new one holds from the next connection on.
    pub fn to(address: &Address) -> Result<Self> {
        if address.authority.is_none() && address.is_local() {
            return Ok(Self::Plain);
        }
        let roots = match &address.authority {
            Some(file) => Arc::new(authority(file)?),
            None => system()?,
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.map_err(|error| refused(format!("TLS cannot be used: {error}")))?;
        Ok(Self::Tls(MakeRustlsConnect::new(config.with_root_certificates(roots).with_no_client_auth())))
    }

    /// Opens a connection; the task that drives it runs on the present runtime.
    pub async fn connect(self, config: &mut Config) -> std::result::Result<Client, tokio_postgres::Error> {
        match self {
            // Nothing is asked for that is not used: a server that answers "yes" here would wait for what never comes.
            Self::Plain => opened(config.ssl_mode(SslMode::Disable), NoTls).await,
            Self::Tls(tls) => opened(config.ssl_mode(SslMode::Require), tls).await,
        }
    }

    /// Ends a query, on the way that its connection took.
    pub async fn cancel(self, token: CancelToken) -> std::result::Result<(), tokio_postgres::Error> {
        match self {
            Self::Plain => token.cancel_query(NoTls).await,
            Self::Tls(tls) => token.cancel_query(tls).await,
        }
    }
}

async fn opened<T>(config: &Config, tls: T) -> std::result::Result<Client, tokio_postgres::Error>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, connection) = config.connect(tls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection to a database server ended");
        }
    });
    Ok(client)
}

/// The certificates of a file.
pub(super) fn authority(file: &Path) -> Result<RootCertStore> {
    let unusable = |why: &str| {
        let file = file.display();
        Error::input(
            "server-tls",
            format!(
                "{file} ist keine Datei mit Zertifikaten (PEM), denen die der Datenbankserver folgen könnten: {why}"
            ),
            format!(
                "{file} is no file with certificates (PEM) that those of database servers could be signed by: {why}"
            ),
        )
    };
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    let found = read.map_err(|error| unusable(&error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in found {
        roots.add(certificate).map_err(|error| unusable(&error.to_string()))?;
    }
    if roots.is_empty() { Err(unusable("there is none in it")) } else { Ok(roots) }
}

/// Those that this machine trusts.
fn system() -> Result<Arc<RootCertStore>> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let roots = SYSTEM.get_or_init(|| {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        Arc::new(roots)
    });
    if roots.is_empty() {
        return Err(Error::input(
            "server-tls",
            "diese Maschine vertraut keiner Zertifizierungsstelle; nennen Sie die der Datenbankserver in den Einstellungen (records_authority_file, keys_authority_file)",
            "this machine trusts no certificate authority; name that of the database servers in the settings (records_authority_file, keys_authority_file)",
        ));
    }
    Ok(Arc::clone(roots))
}

/// Why no encrypted way could be made; none if that was not the reason.
pub(super) fn explain(address: &Address, error: &tokio_postgres::Error) -> Option<Error> {
    let cause = std::error::Error::source(error)?;
    let Address { host, port, .. } = address;
    let wrong = |de: &str, en: &str| {
        let de = format!("Datenbankserver {host}:{port}: {de}");
        Some(Error::input("server-tls", de, format!("database server {host}:{port}: {en}")))
    };
    let by = |none: &str| address.authority.as_ref().map_or_else(|| none.to_owned(), |file| file.display().to_string());
    let io = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    let Some(tls) = io.and_then(|inner| inner.downcast_ref::<rustls::Error>()) else {
        // The driver has no name for this one.
        return if cause.to_string() == "server does not support TLS" {
            wrong(
                "er bietet kein TLS an, und ohne geht nichts dorthin. Schalten Sie es dort ein (ssl = on)",
                "it offers no TLS, and nothing goes there without. Turn it on there (ssl = on)",
            )
        } else {
            None
        };
    };
    let rustls::Error::InvalidCertificate(certificate) = tls else {
        return wrong(&format!("TLS kommt nicht zustande ({tls})"), &format!("TLS cannot be established ({tls})"));
    };
    match certificate {
        // The other one: an authority of the same name.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => wrong(
            &format!(
                "sein Zertifikat ist von keiner Stelle unterschrieben, die in {} steht",
                by("den Zertifikaten dieser Maschine")
            ),
            &format!(
                "its certificate is signed by none of the authorities in {}",
                by("the certificates of this machine")
            ),
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => wrong(
            "sein Zertifikat ist auf einen anderen Namen ausgestellt als auf den in den Einstellungen",
            "its certificate is for another name than the one in the settings",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            wrong("sein Zertifikat ist abgelaufen", "its certificate has expired")
        }
        other => wrong(
            &format!("sein Zertifikat ist nicht zu gebrauchen ({other})"),
            &format!("its certificate cannot be used ({other})"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_authority_only_this_machine_is_spoken_to_in_the_clear() {
        let way = |host: &str| {
            let address = Address::parse(&format!("postgres://obhut@{host}"), zeroize::Zeroizing::default()).unwrap();
            Way::to(&address)
        };
        for local in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(matches!(way(local), Ok(Way::Plain)), "{local}");
        }
        for other in ["db.example.org", "192.0.2.7", "[2001:db8::7]", "localhost.example.org"] {
            // A machine that trusts nobody has no way there at all.
            assert!(matches!(way(other), Ok(Way::Tls(_)) | Err(Error::Input { .. })), "{other}");
        }
    }
}
