//! A way to a database server that can be cut at the worst moment, slowed down, listened to, and led to another server.
#![expect(clippy::missing_panics_doc, reason = "everything here panics where a test must fail")]
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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

/// Passes everything on to a server on this machine until it is told otherwise.
pub struct Proxy {
    port: u16,
    way: Arc<Way>,
}

#[derive(Default)]
struct Way {
    server: AtomicU16,
    cut: AtomicU8,
    cuts: AtomicUsize,
    /// Milliseconds that everything the server says is held back.
    delay: AtomicU64,
    ways: AtomicUsize,
    listening: AtomicBool,
    heard: Mutex<Vec<u8>>,
}

impl Way {
    fn hear(&self, bytes: &[u8]) {
        if self.listening.load(Ordering::SeqCst) {
            self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        }
    }
}

impl Proxy {
    /// To the server on that port. It ends with the process.
    pub fn to(server: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = listener.local_addr().expect("it has a number").port();
        let way = Arc::new(Way { server: AtomicU16::new(server), ..Way::default() });
        let shared = Arc::clone(&way);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = shared.server.load(Ordering::SeqCst);
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, server)) else { continue };
                shared.ways.fetch_add(1, Ordering::SeqCst);
                pass(&client, &server, &shared);
            }
        });
        Self { port, way }
    }
    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }
    /// Cuts the way of the next commit.
    pub fn cut_next(&self, cut: Cut) {
        self.way.cut.store(cut as u8, Ordering::SeqCst);
    }
    /// How often it has cut.
    pub fn cuts(&self) -> usize {
        self.way.cuts.load(Ordering::SeqCst)
    }
    /// How many ways were opened through it.
    pub fn ways(&self) -> usize {
        self.way.ways.load(Ordering::SeqCst)
    }
    /// Holds back everything that the server says from here on.
    pub fn delay(&self, time: Duration) {
        self.way.delay.store(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
    /// From here on new ways lead to another server.
    pub fn lead_to(&self, server: u16) {
        self.way.server.store(server, Ordering::SeqCst);
    }
    /// Keeps what goes through from here on, in both directions.
    pub fn listen(&self) {
        self.way.listening.store(true, Ordering::SeqCst);
    }
    /// What went through since it listens.
    pub fn heard(&self) -> Vec<u8> {
        self.way.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn pass(client: &TcpStream, server: &TcpStream, way: &Arc<Way>) {
    let copy = |stream: &TcpStream| stream.try_clone().expect("a socket can be copied");
    // What is cut on this way and no other.
    let mute = Arc::new(AtomicBool::new(false));
    let (mut from, mut to, shared, muted) = (copy(client), copy(server), Arc::clone(way), Arc::clone(&mute));
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let bytes = buffer.get(..count).unwrap_or_default();
            let commits = bytes.windows(COMMIT.len()).any(|window| window == COMMIT);
            if commits {
                match shared.cut.swap(Cut::Never as u8, Ordering::SeqCst) {
                    1 => {
                        shared.cuts.fetch_add(1, Ordering::SeqCst);
                        break;
                    }
                    2 => {
                        shared.cuts.fetch_add(1, Ordering::SeqCst);
                        muted.store(true, Ordering::SeqCst);
                    }
                    _ => {}
                }
            }
            shared.hear(bytes);
            if to.write_all(bytes).is_err() {
                break;
            }
        }
        // Either side may have closed it already.
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
    let (mut from, mut to, shared) = (copy(server), copy(client), Arc::clone(way));
    std::thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            crate::wait(Duration::from_millis(shared.delay.load(Ordering::SeqCst)));
            let bytes = buffer.get(..count).unwrap_or_default();
            shared.hear(bytes);
            if mute.load(Ordering::SeqCst) || to.write_all(bytes).is_err() {
                break;
            }
        }
        let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    });
}
