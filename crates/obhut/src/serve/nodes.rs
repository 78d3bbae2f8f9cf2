//! The side of a server that the other nodes see: its listener for them, and what it does every second for what they do.
use crate::failure::Failure;
use crate::settings::Settings;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use store::Instance;
use web::{App, Identity};

/// How often is looked what other nodes want and have changed.
const EVERY: Duration = Duration::from_millis(500);

/// The listener for other nodes, taken, and the key pair that they know this one by.
pub(crate) struct Inside {
    listener: TcpListener,
    pub(super) identity: Identity,
}

impl Inside {
    /// Takes the port, if the settings make this one node of several.
    pub(crate) fn take(settings: &Settings) -> Result<Option<Self>, Failure> {
        let Some(cluster) = &settings.cluster else { return Ok(None) };
        let listener = super::ports::bind(cluster.listen)?;
        let identity = Identity::new(&cluster.name).map_err(|error| {
            Failure::system(
                "Der Schlüssel für die anderen Knoten ließ sich nicht erzeugen",
                "The key for the other nodes could not be made",
                &error,
            )
        })?;
        Ok(Some(Self { listener, identity }))
    }
    /// The certificate that the others are told of.
    pub(crate) fn certificate(&self) -> String {
        self.identity.certificate()
    }
    /// The key pair, and the listener for the runtime.
    pub(super) fn parts(self) -> std::io::Result<(Identity, tokio::net::TcpListener)> {
        self.listener.set_nonblocking(true)?;
        Ok((self.identity, tokio::net::TcpListener::from_std(self.listener)?))
    }
}

/// Others that had passed a request on to this node look again within this time, and find that it is gone.
const NOTICED: Duration = Duration::from_secs(2);

/// Gives everything back to the other nodes while they can still reach this one: what they pass on until they notice is told to look again, so that
/// no request is lost.
pub(super) async fn leave(instance: &Arc<Instance>) {
    let leaving = Arc::clone(instance);
    if tokio::task::spawn_blocking(move || leaving.leave()).await.is_err() {
        tracing::error!("this node could not take its leave; the others notice when its time has passed");
    }
    if instance.nodes().len() > 1 {
        tokio::time::sleep(NOTICED).await;
    }
}

/// How often the indexes are brought up that are kept ready for other nodes.
const WARM_EVERY: Duration = Duration::from_secs(2);

/// Keeps indexes ready until `stopping` completes.
pub(super) async fn keep_warm(
    instance: Arc<Instance>,
    stopping: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(WARM_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            _ = ticks.tick() => {}
        }
        let instance = Arc::clone(&instance);
        let kept = tokio::task::spawn_blocking(move || instance.keep_warm());
        if let Err(error) = kept.await.map_err(|_| crate::program::unexpected())? {
            tracing::warn!(%error, "indexes could not be kept ready for other nodes");
        }
    }
}

/// Looks until `stopping` completes.
pub(super) async fn look(
    instance: Arc<Instance>,
    app: Arc<App>,
    stopping: impl Future<Output = ()> + Send,
) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            _ = ticks.tick() => {}
        }
        app.look_at_nodes();
        let instance = Arc::clone(&instance);
        let looked = tokio::task::spawn_blocking(move || instance.look_at_nodes());
        if let Err(error) = looked.await.map_err(|_| crate::program::unexpected())? {
            tracing::warn!(%error, "what other nodes do could not be looked at");
        }
    }
}
