//! Reading a sealed file.
use super::{CHUNK_SIZE, Header, Stream, WHAT};
use crate::aead::TAG_LEN;
use crate::{Error, UnitKey};
use std::fmt;
use std::io::{self, Read};
use zeroize::{Zeroize as _, Zeroizing};

/// Opens a sealed file in pieces. Hands out no byte that was not verified; an end that was cut off or prolonged shows as an
/// error in place of the end, so nothing may be *taken for whole* before a read gave 0. Holds one chunk in memory.
///
/// Damage is an [`io::Error`] of kind `InvalidData` that holds [`Error::Damaged`]; every later read fails the same way.
pub struct BlobReader<R: Read> {
    inner: R,
    stream: Stream,
    /// One stored chunk and one byte more, which tells whether it is the last.
    buffer: Zeroizing<Vec<u8>>,
    /// The byte after the chunk that was opened last.
    ahead: Option<u8>,
    /// Verified plaintext in `buffer` that was not handed out yet.
    ready: std::ops::Range<usize>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Further,
    Ended,
    Damaged,
}

impl<R: Read> BlobReader<R> {
    /// Goes on after [`Header::read`], with the key of [`Header::unit`] and the `aad` that the blob was written with.
    pub fn new(inner: R, header: &Header, key: &UnitKey, aad: &[u8]) -> Self {
        Self {
            inner,
            stream: Stream::new(key, header, aad),
            buffer: Zeroizing::new(vec![0; CHUNK_SIZE + TAG_LEN + 1]),
            ahead: None,
            ready: 0..0,
            state: State::First,
        }
    }

    fn next_chunk(&mut self) -> io::Result<()> {
        let mut filled = 0;
        if let (Some(byte), Some(slot)) = (self.ahead.take(), self.buffer.first_mut()) {
            *slot = byte;
            filled = 1;
        }
        while let Some(room) = self.buffer.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.inner.read(room) {
                Ok(0) => break,
                Ok(count) => filled = filled.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // What was read so far cannot be kept apart from what comes: fail for good rather than skip bytes.
                    self.fail();
                    return Err(error);
                }
            }
        }
        let last = filled < self.buffer.len();
        let stored = if last { filled } else { filled.saturating_sub(1) };
        if !last {
            self.ahead = self.buffer.last().copied();
        }
        let plain = self.open_chunk(stored, last).filter(|plain| *plain > 0 || self.state == State::First);
        let Some(plain) = plain else {
            self.fail();
            return Err(damaged());
        };
        self.ready = 0..plain;
        self.state = if last { State::Ended } else { State::Further };
        Ok(())
    }

    fn open_chunk(&mut self, stored: usize, last: bool) -> Option<usize> {
        let nonce = self.stream.nonce(last)?;
        self.stream.cipher.open_in_place(nonce, &self.stream.aad, self.buffer.get_mut(..stored)?)
    }

    fn fail(&mut self) {
        self.state = State::Damaged;
        self.ready = 0..0;
        self.buffer.zeroize();
    }
}

impl<R: Read> Read for BlobReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if self.ready.is_empty() {
            match self.state {
                State::Damaged => return Err(damaged()),
                State::Ended => return Ok(0),
                State::First | State::Further => self.next_chunk()?,
            }
        }
        let plain = self.buffer.get(self.ready.clone()).unwrap_or_default();
        let count = plain.len().min(out.len());
        for (slot, byte) in out.iter_mut().zip(plain) {
            *slot = *byte;
        }
        self.ready.start = self.ready.start.saturating_add(count);
        Ok(count)
    }
}

fn damaged() -> io::Error {
    Error::Damaged { what: WHAT }.into()
}

impl<R: Read> fmt::Debug for BlobReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlobReader(…)")
    }
}
