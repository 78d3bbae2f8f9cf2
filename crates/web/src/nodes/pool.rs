//! Connections to other nodes, kept for the next request.
use super::identity::{Identity, NAME};
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use rustls::pki_types::ServerName;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use store::cluster::NodeInfo;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// How long a node may take to let one in.
const CONNECT: Duration = Duration::from_secs(2);
/// Connections to one node that are kept while they rest.
const RESTING: usize = 64;

/// What became of a request.
pub(super) enum Sent {
    /// It was answered.
    Answered(Response<Incoming>),
    /// It never reached the node.
    Unsent,
    /// It may have reached the node, and no answer came.
    Unknown,
}

/// Connections to the other nodes.
pub(crate) struct Pool {
    identity: Identity,
    resting: Mutex<HashMap<[u8; 16], Vec<SendRequest<Body>>>>,
}

impl Pool {
    /// None yet.
    pub fn new(identity: Identity) -> Arc<Self> {
        Arc::new(Self { identity, resting: Mutex::new(HashMap::new()) })
    }
    /// This node's own key pair.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn send(self: &Arc<Self>, node: &NodeInfo, request: Request<Body>) -> Sent {
        let mut request = request;
        // One that rested may have been closed meanwhile: then the request comes back, and the next one is tried.
        while let Some(mut sender) = self.resting(node) {
            match sender.try_send_request(request).await {
                Ok(response) => return self.answered(node, sender, response),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Sent::Unknown,
                },
            }
        }
        let Ok(Ok(mut sender)) = tokio::time::timeout(CONNECT, self.connect(node)).await else { return Sent::Unsent };
        match sender.try_send_request(request).await {
            Ok(response) => self.answered(node, sender, response),
            Err(mut error) => match error.take_message() {
                Some(_) => Sent::Unsent,
                None => Sent::Unknown,
            },
        }
    }

    fn resting(&self, node: &NodeInfo) -> Option<SendRequest<Body>> {
        let mut resting = self.resting.lock();
        let found = resting.get_mut(&node.id)?;
        while let Some(sender) = found.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    fn answered(
        self: &Arc<Self>,
        node: &NodeInfo,
        mut sender: SendRequest<Body>,
        response: Response<Incoming>,
    ) -> Sent {
        let (pool, id) = (Arc::clone(self), node.id);
        tokio::spawn(async move {
            // When the answer has been read to its end.
            if sender.ready().await.is_ok() {
                let mut resting = pool.resting.lock();
                let kept = resting.entry(id).or_default();
                if kept.len() < RESTING {
                    kept.push(sender);
                }
            }
        });
        Sent::Answered(response)
    }

    async fn connect(&self, node: &NodeInfo) -> io::Result<SendRequest<Body>> {
        let config = self.identity.client(node).ok_or_else(|| io::Error::other("the node has no certificate"))?;
        let stream = TcpStream::connect(&node.about.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to another node ended");
            }
        });
        Ok(sender)
    }

    /// Forgets connections to nodes that are gone.
    pub(crate) fn keep(&self, nodes: &[NodeInfo]) {
        self.resting.lock().retain(|id, _| nodes.iter().any(|node| node.id == *id));
    }
}
