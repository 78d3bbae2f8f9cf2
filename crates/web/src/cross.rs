//! Where async meets the synchronous store: the one place.
//!
//! A point read or one page of a list takes microseconds to a few milliseconds and runs on the runtime's thread, as a hop to another
//! thread would cost more. A change goes through the tenant's writer, which calls back. Longer work runs on a thread of its own, a few at a time.
use crate::app::App;
use crate::fail::Failure;
use std::sync::Arc;
use store::{Caller, Error, Op, Tenant};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Runs an operation through the tenant's writer and waits for its commit without holding a thread.
pub(crate) async fn write<T, E>(
    tenant: &Tenant,
    caller: Caller,
    work: impl FnOnce(&mut Op<'_>) -> Result<T, E> + Send + 'static,
) -> Result<T, Failure>
where
    T: Send + 'static,
    E: From<Error> + Into<Failure> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    // A caller that has gone away does not stop the operation: it was queued, it will be done or refused as a whole.
    tenant.submit(caller, work, move |result| drop(answer.send(result)));
    match answered.await {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(Failure::from(Error::Busy { message: "the tenant is being closed".into() })),
    }
}

/// Runs work that may take longer than a request should hold a thread of the runtime.
pub(crate) async fn long<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let permit = Arc::clone(&app.long_work).acquire_owned().await.map_err(|_| busy())?;
    on_a_thread(permit, work).await
}

/// Runs a sign-in: in a place of its own or not at all, so that strangers never hold what those who are signed in work with.
pub(crate) async fn sign_in<T: Send + 'static>(
    app: &Arc<App>,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let permit = Arc::clone(&app.sign_ins).try_acquire_owned().map_err(|_| busy())?;
    on_a_thread(permit, work).await
}

fn busy() -> Failure {
    Failure::of_status(axum::http::StatusCode::SERVICE_UNAVAILABLE)
}

async fn on_a_thread<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(move || {
        let result = work();
        drop(permit);
        result
    });
    done.await.map_err(|error| Failure::of_status(axum::http::StatusCode::INTERNAL_SERVER_ERROR).caused_by(&error))?
}
