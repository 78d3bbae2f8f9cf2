//! A way to a server that can fall silent: nothing is lost and nothing arrives, as when a machine or its network stands still.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Passes everything on to a server on this machine, except while it is silent.
pub struct Silence {
    port: u16,
    silent: Arc<AtomicBool>,
}

impl Silence {
    /// To the server on that port. It ends with the process.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it has a number").port();
        let silent = Arc::new(AtomicBool::new(false));
        let shared = Arc::clone(&silent);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                let copy = |stream: &TcpStream| stream.try_clone().expect("a socket can be copied");
                pass(copy(&client), copy(&server), Arc::clone(&shared));
                pass(server, client, Arc::clone(&shared));
            }
        });
        Self { port, silent }
    }
    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Falls silent.
    pub fn begin(&self) {
        self.silent.store(true, Ordering::SeqCst);
    }
    /// Passes on what was held back and everything after it.
    pub fn end(&self) {
        self.silent.store(false, Ordering::SeqCst);
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, silent: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            while silent.load(Ordering::SeqCst) {
                std::thread::park_timeout(LOOK_AGAIN);
            }
            if to.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
                break;
            }
        }
        // Either side may have closed it already.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
