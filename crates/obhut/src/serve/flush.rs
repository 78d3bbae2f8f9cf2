//! Writes the lines that wait for the logs of reads and access, once a second: one commit for all that were noted, and none if nothing was.
//! What a crash can lose of these two logs is what was noted within this second.
use crate::failure::Failure;
use std::sync::Arc;
use std::time::Duration;
use store::Instance;

/// How long a line waits at most.
const EVERY: Duration = Duration::from_secs(1);

/// Writes until `stopping` completes. What is noted after that is written when the tenants are closed.
pub(super) async fn run(instance: Arc<Instance>, stopping: impl Future<Output = ()> + Send) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(stopping);
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            _ = ticks.tick() => {}
        }
        let instance = Arc::clone(&instance);
        let written = tokio::task::spawn_blocking(move || instance.flush_logs());
        if let Err(error) = written.await.map_err(|_| crate::program::unexpected())? {
            tracing::error!(%error, "lines of the logs of reads and access could not be written; they wait on");
        }
    }
}
