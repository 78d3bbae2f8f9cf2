//! The addresses that a server listens on.
use crate::failure::Failure;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};

/// Port of the pages, before it is shifted.
const PAGES: u16 = 8086;
/// Port of the REST API, before it is shifted.
const API: u16 = 8085;

/// The ports of a server, taken.
pub(crate) struct Ports {
    pages: TcpListener,
    api: TcpListener,
    at: SocketAddr,
    api_at: SocketAddr,
}

impl Ports {
    /// Takes the ports. An address that is not the loopback one is refused: there is no TLS here.
    pub(crate) fn take(listen: IpAddr, offset: u16) -> Result<Self, Failure> {
        if !listen.is_loopback() {
            return Err(Failure::usage(
                format!(
                    "Ohne TLS wird nur auf der Loopback-Adresse gedient, nicht auf {listen}: Passwörter und Daten gingen lesbar über das Netz. Es wurde nichts gestartet. Lassen Sie --listen weg und stellen Sie auf diesem Rechner einen Reverse-Proxy mit TLS davor."
                ),
                format!(
                    "Without TLS only the loopback address is served, not {listen}: passwords and data would cross the network for everyone to read. Nothing was started. Leave --listen out and put a reverse proxy with TLS on this machine in front."
                ),
            ));
        }
        let shifted = |port: u16| {
            port.checked_add(offset).ok_or_else(|| {
                Failure::usage(
                    format!("--port-offset {offset} führt über den letzten Port 65535 hinaus."),
                    format!("--port-offset {offset} leads beyond the last port, 65535."),
                )
            })
        };
        let (at, api_at) = (SocketAddr::new(listen, shifted(PAGES)?), SocketAddr::new(listen, shifted(API)?));
        Ok(Self { pages: bind(at)?, api: bind(api_at)?, at, api_at })
    }
    /// Where the pages are.
    pub(crate) fn pages_url(&self) -> String {
        format!("http://{}/", self.at)
    }
    /// Where the REST API is.
    pub(crate) fn api_url(&self) -> String {
        format!("http://{}", self.api_at)
    }
    /// The listeners of pages and API, for the runtime.
    pub(super) fn listeners(&self) -> io::Result<(tokio::net::TcpListener, tokio::net::TcpListener)> {
        let listen = |listener: &TcpListener| {
            let listener = listener.try_clone()?;
            listener.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(listener)
        };
        Ok((listen(&self.pages)?, listen(&self.api)?))
    }
}

pub(super) fn bind(at: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(at).map_err(|error| {
        Failure::usage(
            format!(
                "Auf {at} lässt sich nicht dienen: {error}. Es wurde nichts gestartet. Andere Ports: --port-offset N"
            ),
            format!("{at} cannot be served: {error}. Nothing was started. Other ports: --port-offset N"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    #[test]
    fn only_the_loopback_address_is_served_in_the_clear() {
        for address in ["0.0.0.0", "192.0.2.1", "::"] {
            let refused = Ports::take(address.parse().unwrap(), 0).err().unwrap();
            assert_eq!(refused.exit, Exit::Usage);
            assert!(refused.text.en.contains("loopback"));
        }
        assert_eq!(Ports::take("127.0.0.1".parse().unwrap(), u16::MAX).err().unwrap().exit, Exit::Usage);
    }

    #[test]
    fn a_port_in_use_is_said_with_the_way_out() {
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let Some(offset) = port.checked_sub(PAGES) else { return };
        let refused = Ports::take("127.0.0.1".parse().unwrap(), offset).err().unwrap();
        assert!(refused.text.de.contains("--port-offset"), "{}", refused.text.de);
    }
}
