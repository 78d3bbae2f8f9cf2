//! How long a client may take: to send a body, and to take an answer. Whoever sends or takes a byte a minute has no place among those who work.
use axum::body::Bytes;
use axum::body::HttpBody;
use hyper::body::{Frame, Incoming};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// A body gains a second for each so many bytes of it: a slow line is waited for, one that drips is not.
const BYTES_PER_SECOND: u64 = 16 * 1024;

/// A body that has to come as fast as [`BYTES_PER_SECOND`], after a time that any may take.
pub(crate) struct Patient {
    inner: Incoming,
    begun: Instant,
    within: Duration,
    bytes: u64,
    until: Pin<Box<Sleep>>,
}

impl Patient {
    pub(crate) fn new(inner: Incoming, within: Duration) -> Self {
        Self { inner, begun: Instant::now(), within, bytes: 0, until: Box::pin(tokio::time::sleep(within)) }
    }
}

impl HttpBody for Patient {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            if let Some(Ok(data)) = frame.as_ref().map(|frame| frame.as_ref().map(Frame::data_ref)) {
                self.bytes += data.map_or(0, |data| data.len() as u64);
            }
            let until = self.begun + allowed(self.within, self.bytes);
            self.until.as_mut().reset(until);
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        if self.until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err("the body did not go on coming".into())));
        }
        Poll::Pending
    }
    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }
    fn size_hint(&self) -> hyper::body::SizeHint {
        self.inner.size_hint()
    }
}

/// How long a body of which so many bytes have come may take in all.
fn allowed(within: Duration, bytes: u64) -> Duration {
    within.saturating_add(Duration::from_millis(bytes.saturating_mul(1_000) / BYTES_PER_SECOND))
}

/// A connection whose other end has to take what is sent: when nothing at all is taken for so long, it ends.
pub(crate) struct Taken {
    stream: TcpStream,
    within: Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Taken {
    pub(crate) fn new(stream: TcpStream, within: Duration) -> Self {
        Self { stream, within, until: None }
    }
    /// What a write came to; one that waits too long is an error.
    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let within = self.within;
        let until = self.until.get_or_insert_with(|| Box::pin(tokio::time::sleep(within)));
        if until.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl AsyncRead for Taken {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Taken {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watched(context, written)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.watched(context, written)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_drips_gains_no_time_and_a_slow_one_does() {
        let within = Duration::from_secs(30);
        // A byte every 29 seconds, for an hour.
        assert_eq!(allowed(within, 3_600 / 29).as_secs(), 30);
        assert_eq!(allowed(within, 1024 * 1024).as_secs(), 30 + 64);
        assert!(allowed(within, u64::MAX) > within);
    }
}
