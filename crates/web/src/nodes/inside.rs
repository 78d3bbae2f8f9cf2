//! What other nodes pass on to this one: requests of both surfaces, on a listener that nobody else gets through.
use super::{CLIENT, SURFACE};
use crate::app::App;
use crate::serve::Peer;
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Connections of all other nodes at a time.
const MAX_CONNECTIONS: usize = 1_024;
/// How long the handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long requests that are under way may take to end when the server stops.
const STOP_WITHIN: Duration = Duration::from_secs(10);
const NO_MORE: Duration = Duration::from_millis(200);

/// A request that another node passed on, and that is not passed on again.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Forwarded;

/// Serves the other nodes until `until` is done; requests under way have ten seconds to end.
pub async fn serve_nodes(
    listener: TcpListener,
    app: Arc<App>,
    until: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (pages, api) = (crate::pages(Arc::clone(&app)), crate::api(Arc::clone(&app)));
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (stop, stopped) = watch::channel(false);
    let mut running = JoinSet::new();
    tokio::pin!(until);
    loop {
        while running.try_join_next().is_some() {}
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await.ok();
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut until => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection of another node could not be taken");
                tokio::time::sleep(NO_MORE).await;
                continue;
            }
        };
        let (app, surfaces, stopped) = (Arc::clone(&app), (pages.clone(), api.clone()), stopped.clone());
        running.spawn(async move {
            connection(&app, stream, surfaces, stopped).await;
            drop(place);
        });
    }
    drop(listener);
    // An error means that no connection is open.
    let _ = stop.send(true);
    let all = async { while running.join_next().await.is_some() {} };
    if tokio::time::timeout(STOP_WITHIN, all).await.is_err() {
        tracing::warn!("requests of other nodes that were under way were broken off");
    }
    Ok(())
}

async fn connection(app: &Arc<App>, stream: TcpStream, surfaces: (Router, Router), mut stopped: watch::Receiver<bool>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection keeps its delay");
    }
    // Who runs at this moment: a node that has just begun is let in as soon as it is known here.
    let Some(config) = app.nodes.as_ref().and_then(|pool| pool.identity().server(&app.instance.nodes())) else {
        return;
    };
    let handshake = TlsAcceptor::from(config).accept(stream);
    let stream = match tokio::time::timeout(HANDSHAKE, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "somebody who is no node was not let in"),
        Err(_) => return tracing::debug!("somebody who did not say who he is was not let in"),
    };
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let surfaces = surfaces.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(request.map(Body::new), surfaces).await) }
    });
    let serving = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stop| *stop).await) } => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection of another node ended before its time");
    }
}

async fn answer(mut request: Request, (pages, api): (Router, Router)) -> Response {
    let headers = request.headers_mut();
    let text = |value: Option<axum::http::HeaderValue>| value.and_then(|value| value.to_str().map(str::to_owned).ok());
    let surface = text(headers.remove(&SURFACE));
    let client: Option<IpAddr> = text(headers.remove(&CLIENT)).and_then(|address| address.parse().ok());
    if let Some(address) = client {
        request.extensions_mut().insert(ConnectInfo(Peer(SocketAddr::new(address, 0))));
    }
    request.extensions_mut().insert(Forwarded);
    let router = match surface.as_deref() {
        Some("pages") => pages,
        Some("api") => api,
        _ => return StatusCode::BAD_REQUEST.into_response(),
    };
    router.oneshot(request).await.into_response()
}
