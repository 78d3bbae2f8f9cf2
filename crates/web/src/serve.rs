//! Serving a router on a listener until it is told to stop: with limits on connections, on the size of a request's head, and on how long a client may
//! take to send head and body. Whoever sends a byte a minute has no place among those who work.
use crate::patience::{Patient, Taken};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tower::ServiceExt;

/// How long requests that are under way may take to end when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// How long to wait when the system gives no more connections.
const NO_MORE: Duration = Duration::from_millis(200);
/// Fields in a request's head.
const MAX_HEADERS: usize = 100;

/// What a connection may take.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// Connections of one surface at a time; a further one waits until one ends.
    pub max: usize,
    /// The head of a request must be there so soon, in milliseconds; also how long a connection may rest between two requests.
    pub head_ms: u64,
    /// A body must be there so soon, in milliseconds, and a second later for every 16 KiB that have come of it; an answer must be taken on within the
    /// same time.
    pub body_ms: u64,
    /// Longest head of a request, in bytes; at least 8,192. What came in one piece with the last allowed byte is still looked at.
    pub max_head_bytes: usize,
}

impl Default for Connections {
    fn default() -> Self {
        Self { max: 1_024, head_ms: 15_000, body_ms: 30_000, max_head_bytes: 32 * 1024 }
    }
}

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub SocketAddr);

/// Serves until `until` is done; then no further connection is taken, and requests under way have ten seconds to end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Connections,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(limits.max.max(1)));
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    tokio::pin!(until);
    loop {
        while running.try_join_next().is_some() {}
        let accepted = tokio::select! {
            () = &mut until => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let Some((stream, address, place)) = accepted else { continue };
        running.spawn(connection(stream, Peer(address), place, router.clone(), limits, stopped.clone()));
    }
    drop(listener);
    // An error means that no connection is open.
    let _ = stop.send(true);
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
        tracing::warn!("requests that were under way were broken off");
    }
    Ok(())
}

/// A connection, as soon as there is a place for one.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, address)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection keeps its delay");
            }
            Some((stream, address, place))
        }
        Err(error) => {
            // One client that has gone away is nothing; a system without handles needs a moment.
            tracing::debug!(%error, "a connection could not be taken");
            if !matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
                tokio::time::sleep(NO_MORE).await;
            }
            None
        }
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    place: OwnedSemaphorePermit,
    router: Router,
    limits: Connections,
    mut stopped: watch::Receiver<bool>,
) {
    let body_within = Duration::from_millis(limits.body_ms);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(Patient::new(body, body_within)));
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_millis(limits.head_ms));
    builder.max_headers(MAX_HEADERS).max_buf_size(limits.max_head_bytes.max(8_192));
    let serving = builder.serve_connection(TokioIo::new(Taken::new(stream, body_within)), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended before its time");
    }
    drop(place);
}

/// The address that a request comes from, if it came over a connection.
pub(crate) fn ip(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<Peer>>().map(|peer| peer.0.0.ip())
}

/// The same as text.
pub(crate) fn address(request: &Request) -> Option<String> {
    ip(request).map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::routing::{get, post};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    /// Serves two routes with these limits; gives what a client that sends `parts` and then nothing more is answered until its connection ends.
    async fn answer(limits: Connections, parts: &[&str]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here")).route("/", post(async |body: Bytes| body));
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, router, limits, async move {
            let _ = stopped.await;
        }));
        let mut stream = TcpStream::connect(address).await.unwrap();
        for part in parts {
            // A server that has heard enough closes.
            if stream.write_all(part.as_bytes()).await.is_err() {
                break;
            }
        }
        let mut text = Vec::new();
        // So does one that resets the connection.
        let _ = stream.read_to_end(&mut text).await;
        stop.send(()).unwrap();
        serving.await.unwrap().unwrap();
        String::from_utf8(text).unwrap()
    }

    fn quick() -> Connections {
        Connections { head_ms: 40, body_ms: 40, ..Connections::default() }
    }

    #[tokio::test]
    async fn a_whole_request_is_answered() {
        let got = answer(quick(), &["GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]).await;
        assert!(got.starts_with("HTTP/1.1 200") && got.ends_with("here"), "{got}");
        let got =
            answer(quick(), &["POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n\r\n", "abcd"])
                .await;
        assert!(got.ends_with("abcd"), "{got}");
    }

    #[tokio::test]
    async fn whoever_does_not_end_the_head_is_not_waited_for() {
        for begun in [&["GET / HTTP/1.1\r\nHost:"] as &[&str], &[""]] {
            let got = tokio::time::timeout(Duration::from_secs(20), answer(quick(), begun)).await;
            assert!(!got.unwrap().contains("200 OK"));
        }
    }

    #[tokio::test]
    async fn whoever_does_not_end_the_body_is_not_waited_for() {
        let begun = ["POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", "abc"];
        let got = tokio::time::timeout(Duration::from_secs(20), answer(quick(), &begun)).await.unwrap();
        assert!(got.starts_with("HTTP/1.1 400"), "{got}");
    }

    #[tokio::test]
    async fn whoever_does_not_take_the_answer_is_not_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || vec![b'x'; 64 << 20]));
        let limits = Connections { body_ms: 100, max: 1, ..Connections::default() };
        let serving = tokio::spawn(serve(listener, router, limits, std::future::pending()));
        let mut deaf = TcpStream::connect(address).await.unwrap();
        deaf.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        // There is one place; the next one gets it only when the first has lost it.
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut first = [0; 12];
        let read = tokio::time::timeout(Duration::from_secs(20), next.read_exact(&mut first)).await;
        assert!(read.is_ok_and(|read| read.is_ok()) && first.starts_with(b"HTTP/1.1 200"));
        drop(deaf);
        serving.abort();
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let field = format!("X: {}\r\n", "y".repeat(1_000));
        let long = field.repeat(90);
        let got = answer(Connections::default(), &["GET / HTTP/1.1\r\nHost: x\r\n", &long, "\r\n"]).await;
        assert!(got.is_empty() || got.starts_with("HTTP/1.1 431"), "{got}");
        let many = "X: y\r\n".repeat(MAX_HEADERS + 1);
        let got = answer(Connections::default(), &["GET / HTTP/1.1\r\n", &many, "\r\n"]).await;
        assert!(got.starts_with("HTTP/1.1 431"), "{got}");
    }
}
