//! A way to a database server that can be cut at the worst moment.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

/// The statement that ends a transaction, as it stands in the protocol.
const COMMIT: &[u8] = b"COMMIT\0";

/// Where the way is cut, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Cut {
    /// Nowhere.
    Never = 0,
    /// When a commit is asked for: the server does not hear of it.
    BeforeCommit = 1,
    /// When a commit is confirmed: whoever asked does not hear of it.
    AfterCommit = 2,
}

/// Passes everything on to a server on this machine until it is told to cut.
pub struct Proxy {
    port: u16,
    cut: Arc<AtomicU8>,
    cuts: Arc<AtomicUsize>,
}

impl Proxy {
    /// To the server on that port. It ends with the process.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it has a number").port();
        let (cut, cuts) = (Arc::new(AtomicU8::new(Cut::Never as u8)), Arc::new(AtomicUsize::new(0)));
        let shared = (Arc::clone(&cut), Arc::clone(&cuts));
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                pass(&client, &server, &shared.0, &shared.1);
            }
        });
        Self { port, cut, cuts }
    }
    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Cuts the way of the next commit.
    pub fn cut_next(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }
    /// How often it has cut.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

fn pass(client: &TcpStream, server: &TcpStream, cut: &Arc<AtomicU8>, cuts: &Arc<AtomicUsize>) {
    let copy = |stream: &TcpStream| stream.try_clone().expect("a socket can be copied");
    // What is cut on this way and no other.
    let mute = Arc::new(AtomicU8::new(0));
    let (mut from, mut to, cut, cuts, muted) =
        (copy(client), copy(server), Arc::clone(cut), Arc::clone(cuts), Arc::clone(&mute));
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..count).unwrap_or_default();
            let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
            if commits {
                match cut.swap(Cut::Never as u8, Ordering::SeqCst) {
                    1 => {
                        cuts.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    2 => {
                        cuts.fetch_add(1, Ordering::SeqCst);
                        muted.store(1, Ordering::SeqCst);
                    }
                    _ => {}
                }
            }
            if to.write_all(bytes).is_err() {
                break;
            }
        }
        // Either side may have closed it already.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    let (mut from, mut to) = (copy(server), copy(client));
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if mute.load(Ordering::SeqCst) == 1 || to.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
