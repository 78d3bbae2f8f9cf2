//! The operating system asks the program to end: SIGINT (Ctrl+C) and SIGTERM, from the first moment on.
use crate::failure::{Exit, Failure};
use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Tells whether the program was asked to end.
#[derive(Clone)]
pub(crate) struct Signals(watch::Receiver<bool>);

impl Signals {
    /// Listens from now on, on a thread of its own, so that work before the server runs can be ended too.
    pub(crate) fn start() -> Result<Self, Failure> {
        let unusable = |error: io::Error| {
            Failure::system("Signale lassen sich nicht empfangen", "Signals cannot be received", &error)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(unusable)?;
        let (ask, asked) = watch::channel(false);
        let (mut interrupt, mut terminate) = {
            let _inside = runtime.enter();
            (signal(SignalKind::interrupt()).map_err(unusable)?, signal(SignalKind::terminate()).map_err(unusable)?)
        };
        let mut next = move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            });
        };
        let wait = move || {
            next();
            // Nobody is left to be told if the program has ended by itself.
            let _ = ask.send(true);
            // Who asks twice does not want to wait for requests to end. What was acknowledged is safe all the same.
            next();
            std::process::exit(i32::from(Exit::Found.code()));
        };
        std::thread::Builder::new().name("signals".into()).spawn(wait).map_err(unusable)?;
        Ok(Self(asked))
    }
    /// Whether the program was asked to end.
    pub(crate) fn asked(&self) -> bool {
        *self.0.borrow()
    }
    /// Waits until it is.
    pub(crate) async fn wait(&mut self) {
        // An error means that the listening thread is gone; ending is better than never ending.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}
