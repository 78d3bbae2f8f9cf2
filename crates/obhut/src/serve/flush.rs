//! Writes the lines that wait for the logs of reads and access, once a second, sooner when many wait: one commit for all that were noted, and none
//! if nothing was. What a crash can lose of these two logs is what was noted within this second.
use crate::failure::Failure;
use std::sync::Arc;
use std::time::Duration;
use store::Instance;

/// How long a line waits at most.
const EVERY: Duration = Duration::from_secs(1);
/// How often is looked whether many wait.
const LOOK: Duration = Duration::from_millis(100);
/// Lines of one log that are not left to wait for the second to pass: less than half of what may wait before lines are lost. Not fewer, because
/// after each commit every reader fills its cache anew.
const MANY: usize = 20_000;

/// Writes until `stopping` completes. What is noted after that is written when the tenants are closed.
pub(crate) async fn run(instance: Arc<Instance>, stopping: impl Future<Output = ()> + Send) -> Result<(), Failure> {
    let mut ticks = tokio::time::interval(LOOK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::pin!(stopping);
    let mut written_at = tokio::time::Instant::now();
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            _ = ticks.tick() => {}
        }
        if written_at.elapsed() < EVERY && instance.waiting_lines() < MANY {
            continue;
        }
        written_at = tokio::time::Instant::now();
        let instance = Arc::clone(&instance);
        let written = tokio::task::spawn_blocking(move || instance.flush_logs());
        if let Err(error) = written.await.map_err(|_| crate::program::unexpected())? {
            tracing::error!(%error, "lines of the logs of reads and access could not be written; they wait on");
        }
    }
}
